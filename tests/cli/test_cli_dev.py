"""`catalyst dev`: serves, follows changes, survives errors, leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalyst.commands.serving import Service

from .conftest import GREET, Catalyst, environment, executable, without

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def ask(port: int) -> str | None:
    url = f"http://127.0.0.1:{port}/api/v1/greet/execute"
    request = urllib.request.Request(url, b'{"name": "Ada"}', {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            text: str = json.load(answer)["text"]
            return text
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


def eventually(holds: Callable[[], bool], seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.1)
    return False


def children_of(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(entry.parent.name))
    return found


@pytest.fixture
def served(greet: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, Path]]:
    port, log = free_port(), tmp_path / "log.txt"
    with log.open("wb") as err:
        command = [*executable(), "dev", str(greet), "--port", str(port)]
        process = subprocess.Popen(command, stdout=err, stderr=err, env=environment(), cwd=tmp_path)
    try:
        assert eventually(lambda: ask(port) == "Hello Ada"), log.read_text()
        yield process, port, log
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(20)


def test_changes_errors_and_edits(served: tuple[subprocess.Popen[bytes], int, Path], greet: Path) -> None:
    _, port, log = served
    greet.write_text(GREET.replace("Hello", "Hi"))
    assert eventually(lambda: ask(port) == "Hi Ada"), log.read_text()
    greet.write_text(GREET.replace("input.name", "input.nam"))
    assert eventually(lambda: "error[E202]" in log.read_text())
    assert ask(port) == "Hi Ada"
    main = greet.parent / "greet" / "app" / "main.py"
    main.write_text(main.read_text() + "# mine\n")
    greet.write_text(GREET.replace("Hello", "Hey"))
    assert eventually(lambda: ask(port) == "Hey Ada"), log.read_text()
    assert main.read_text().endswith("# mine\n")
    assert "app/main.py: kept as you edited it" in log.read_text()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_behind(served: tuple[subprocess.Popen[bytes], int, Path], number: signal.Signals) -> None:
    process, port, _ = served
    children = children_of(process.pid)
    assert children
    process.send_signal(number)
    code = process.wait(20)
    assert code == (-9 if number == signal.SIGKILL else 130)
    assert eventually(
        lambda: not any(Path(f"/proc/{child}/cmdline").exists() and is_alive(child) for child in children)
    )
    assert ask(port) is None


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_server_that_ends_starts_again_on_the_next_change(
    served: tuple[subprocess.Popen[bytes], int, Path], greet: Path
) -> None:
    process, port, log = served
    for child in children_of(process.pid):
        os.kill(child, signal.SIGKILL)
    assert eventually(lambda: "the server ended (exit code -9)" in log.read_text())
    greet.write_text(GREET.replace("Hello", "Again"))
    assert eventually(lambda: ask(port) == "Again Ada"), log.read_text()


def test_a_project_that_cannot_be_imported_leaves_the_old_one_running(
    served: tuple[subprocess.Popen[bytes], int, Path], greet: Path
) -> None:
    _, port, log = served
    library = greet.parent / "lib" / "words.py"
    library.parent.mkdir()
    library.write_text("def word(name: str) -> str:\n    return name\n\n\nraise RuntimeError('not like this')\n")
    with_code = GREET.replace(
        "nodes:", "nodes:\n  word: {type: python, with: {function: 'lib.words:word', args: {name: x}}}"
    )
    greet.write_text(with_code.replace("Hello", "Well"))
    assert eventually(lambda: "cannot be imported" in log.read_text()), log.read_text()
    assert "RuntimeError: not like this" in log.read_text()
    assert ask(port) == "Hello Ada"
    library.write_text("def word(name: str) -> str:\n    return name\n")
    assert eventually(lambda: ask(port) == "Well Ada"), log.read_text()


def test_a_project_that_is_being_imported_makes_way_for_a_newer_one(
    served: tuple[subprocess.Popen[bytes], int, Path], greet: Path
) -> None:
    _, port, log = served
    library = greet.parent / "lib" / "words.py"
    library.parent.mkdir()
    library.write_text("import time\n\ntime.sleep(600)\n\n\ndef word(name: str) -> str:\n    return name\n")
    with_code = GREET.replace(
        "nodes:", "nodes:\n  word: {type: python, with: {function: 'lib.words:word', args: {name: x}}}"
    )
    greet.write_text(with_code.replace("Hello", "Slow"))
    assert eventually(lambda: log.read_text().count("built in") == 2), log.read_text()
    greet.write_text(GREET.replace("Hello", "Quick"))
    assert eventually(lambda: ask(port) == "Quick Ada"), log.read_text()


def test_an_address_that_is_taken_is_said_before_anything_is_built(greet: Path, catalyst: Catalyst) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = catalyst("dev", str(greet), "--port", str(port))
    assert (done.code, done.out) == (2, "")
    assert f"`127.0.0.1:{port}` cannot be listened on: address already in use" in done.err
    assert "--port" in done.err
    assert not (greet.parent / "greet").exists()


def test_packages_that_a_service_needs_are_asked_for_at_once(greet: Path, catalyst: Catalyst, tmp_path: Path) -> None:
    done = catalyst("dev", str(greet), PYTHONPATH=without("fastapi", tmp_path))
    assert done.code == 2
    assert "pip install 'catalyst[serve]'" in done.err


def test_changes_in_quick_succession_end_with_the_last(
    served: tuple[subprocess.Popen[bytes], int, Path], greet: Path
) -> None:
    _, port, log = served
    for word in ("One", "Two", "Three"):
        replacement = greet.with_name("new")
        replacement.write_text(GREET.replace("Hello", word))
        replacement.replace(greet)
        time.sleep(0.05)
    assert eventually(lambda: ask(port) == "Three Ada"), log.read_text()
    greet.unlink()
    assert eventually(lambda: "error: there is no" in log.read_text())
    assert ask(port) == "Three Ada"
    greet.write_text(GREET.replace("Hello", "Back"))
    assert eventually(lambda: ask(port) == "Back Ada"), log.read_text()


def test_a_helper_that_ends_while_it_is_told_something_is_news(tmp_path: Path) -> None:
    service = Service([], {})
    deaf = ["sh", "-c", "exec 0<&-; echo deaf; exec sleep 0.2"]
    service._helper = subprocess.Popen(deaf, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert service._helper.stdout is not None
    assert service._helper.stdout.readline() == b"deaf\n"
    service.start(tmp_path)
    assert eventually(lambda: service.news() == ["ended 0"])
    assert not service.runs
