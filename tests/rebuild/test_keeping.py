"""Where builds are kept, and that nobody can put anything there that changes what comes out."""

import os
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalyst.commands import keeping
from catalyst.commands.keeping import KeptBuild, kept_for
from tests.cli.conftest import GREET, environment, executable
from tests.rebuild.test_rebuild import FLOW

pytestmark = pytest.mark.skipif(not hasattr(os, "getuid"), reason="nothing is kept on this system")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for builds."""
    monkeypatch.delenv(keeping.OFF, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "catalyst" / "builds"


def place(flow: str = "flow.yaml") -> KeptBuild:
    """The place for a flow."""
    kept = kept_for(Path(flow))
    assert kept is not None
    return kept


def file_of(cache: Path) -> Path:
    """The only kept build."""
    (found,) = [path for path in cache.iterdir() if path.name != "key"]
    return found


def test_what_is_saved_is_there_for_the_same_flow_only(cache: Path) -> None:
    assert place().load() is None
    place().save("words: ä")
    assert place().load() == "words: ä"
    assert place(os.path.abspath("flow.yaml")).load() == "words: ä"
    assert place("other.yaml").load() is None
    place().save("more")
    assert place().load() == "more"


def test_the_folder_and_its_files_are_the_users_own(cache: Path) -> None:
    place().save("words")
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in cache.iterdir()} == {0o600}


def test_it_can_be_switched_off(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept_for(Path("flow.yaml"), wanted=False) is None
    monkeypatch.setenv(keeping.OFF, "1")
    assert kept_for(Path("flow.yaml")) is None


def test_a_cache_folder_that_is_not_absolute_does_not_count(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    place().save("words")
    assert not (tmp_path / "here").exists()
    assert (tmp_path / "home" / ".cache" / "catalyst" / "builds").is_dir()


def test_a_folder_that_others_can_reach_is_not_used(cache: Path) -> None:
    place().save("words")
    for mode in (0o755, 0o770, 0o701):
        cache.chmod(mode)
        assert place().load() is None
        place("other.yaml").save("words")
        assert len(list(cache.iterdir())) == 2
    cache.chmod(0o700)
    assert place().load() == "words"


def test_a_link_in_the_place_of_the_folder_is_not_followed(cache: Path, tmp_path: Path) -> None:
    place().save("words")
    cache.rename(tmp_path / "elsewhere")
    cache.symlink_to(tmp_path / "elsewhere")
    assert place().load() is None


def test_links_pipes_and_files_of_others_are_not_read(cache: Path, tmp_path: Path) -> None:
    place().save("words")
    kept = file_of(cache)
    kept.chmod(0o644)
    assert place().load() is None
    kept.chmod(0o600)
    kept.rename(tmp_path / "moved")
    kept.symlink_to(tmp_path / "moved")
    assert place().load() is None
    kept.unlink()
    os.mkfifo(kept, 0o600)
    assert place().load() is None


def damaged(content: bytes) -> Iterator[bytes]:
    """The content, cut off, changed and added to in many places."""
    for number in range(0, len(content), 7):
        yield content[:number]
        yield content[:number] + bytes([content[number] ^ 1]) + content[number + 1 :]
    yield content + b" "
    yield b"\n" + content


def test_what_was_changed_is_not_there(cache: Path) -> None:
    place().save('{"files": {"app/main.py": "print(1)"}}')
    kept = file_of(cache)
    content = kept.read_bytes()
    for wrong in damaged(content):
        kept.write_bytes(wrong)
        assert place().load() is None
    kept.write_bytes(content)
    assert place().load() is not None


def test_the_build_of_another_flow_and_another_key_are_not_taken(cache: Path) -> None:
    place().save("words")
    kept = file_of(cache)
    place("other.yaml").save("other words")
    (other,) = [path for path in cache.iterdir() if path not in (kept, cache / "key")]
    right = kept.read_bytes()
    shutil.copy(other, kept)
    assert place().load() is None
    kept.write_bytes(right)
    assert place().load() == "words"
    for key in (b"x" * 32, b"", b"short"):
        (cache / "key").write_bytes(key)
        assert place().load() is None
    place().save("again")
    assert place().load() == "again"
    assert len((cache / "key").read_bytes()) == 32


def test_another_compiler_finds_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place().save("words")
    right = keeping.compiler_digest()
    monkeypatch.setattr(keeping, "compiler_digest", lambda: right[::-1])
    assert place().load() is None


def test_every_file_of_the_compiler_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(keeping.__file__).parents[2]
    copy = tmp_path / "copy"
    for name in ("catalyst", "templates"):
        shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))

    def digest() -> str:
        command = [sys.executable, "-c", "from catalyst.commands.keeping import *; print(compiler_digest().hex())"]
        env = environment(PYTHONPATH=str(copy))
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=True, text=True).stdout

    seen = [digest()]
    assert digest() == seen[0]
    for name in ("catalyst/graph/plan.py", "templates/runtime/node.py", "catalyst/expressions/grammar.json"):
        with (copy / name).open("a") as file:
            file.write(" ")
        seen.append(digest())
    assert len(set(seen)) == 4


def test_there_is_a_limit_to_what_is_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_FILES", 3)
    for number in range(6):
        place(f"{number}.yaml").save("words")
        os.utime(cache / place(f"{number}.yaml")._name, (number, number))
    assert len(list(cache.iterdir())) == 3 + 1
    assert place("0.yaml").load() is None
    assert place("5.yaml").load() == "words"
    monkeypatch.setattr(keeping, "MOST_BYTES", 200)
    place("6.yaml").save("long " * 20)
    assert [place(f"{number}.yaml").load() is None for number in (4, 5, 6)] == [True, True, False]
    monkeypatch.setattr(keeping, "LARGEST", 50)
    place("7.yaml").save("long " * 20)
    assert place("7.yaml").load() is None


def test_what_was_never_finished_goes(cache: Path) -> None:
    place().save("words")
    for name, age in ((".new-old", 10**6), (".new-young", 0)):
        (cache / name).write_text("half")
        left = (cache / name).stat().st_mtime - age
        os.utime(cache / name, (left, left))
    place().save("words")
    assert {path.name for path in cache.iterdir() if path.name.startswith(".new-")} == {".new-young"}


def test_a_place_that_cannot_be_written_means_that_nothing_is_kept(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    place().save("words")
    assert place().load() is None


def test_a_full_disk_leaves_nothing_half(cache: Path) -> None:
    place().save("words")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        place().save("x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert place().load() == "words"
    assert len(list(cache.iterdir())) == 2


WRITER = """
import sys
from pathlib import Path
from catalyst.commands.keeping import kept_for
kept = kept_for(Path("flow.yaml"))
for number in range(40):
    kept.save(sys.argv[1] * 50_000)
    text = kept.load()
    assert text is None or (len(text) == 50_000 and len(set(text)) == 1), "half of one, half of another"
"""


def test_builds_at_the_same_time_do_no_harm(cache: Path, tmp_path: Path) -> None:
    env = environment(XDG_CACHE_HOME=str(tmp_path / "cache"))
    started = [subprocess.Popen([sys.executable, "-c", WRITER, name], cwd=tmp_path, env=env) for name in "abcd"]
    assert [process.wait(120) for process in started] == [0, 0, 0, 0]
    assert not [path for path in cache.iterdir() if path.name.startswith(".new-")]


# The whole command

Build = Callable[..., dict[str, str]]


@pytest.fixture
def build(cache: Path, tmp_path: Path) -> Build:
    """Runs `catalyst build flow.yaml` with more arguments and variables; gives the files that came out."""

    def run(*more: str, **variables: str) -> dict[str, str]:
        env = environment(XDG_CACHE_HOME=str(tmp_path / "cache"), **variables)
        done = subprocess.run(
            [*executable(), "build", "flow.yaml", "-o", "out", *more],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        out = tmp_path / "out"
        return {path.relative_to(out).as_posix(): path.read_text() for path in sorted(out.rglob("*")) if path.is_file()}

    return run


def test_the_command_builds_the_same_with_and_without(build: Build, cache: Path, tmp_path: Path) -> None:
    flow = tmp_path / "flow.yaml"
    flow.write_text(FLOW)
    build()
    before = file_of(cache).read_bytes()
    flow.write_text(FLOW.replace("one {{", "another {{").replace("  each:", "  # moved\n  each:"))
    again = build()
    assert file_of(cache).read_bytes() != before
    assert "another " in again["app/workflows/orders.py"]
    shutil.rmtree(tmp_path / "out")
    assert build("--no-cache") == again


def test_nothing_is_kept_when_nothing_is_to_be_kept(build: Build, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(GREET)
    build("--no-cache")
    build(CATALYST_NO_CACHE="1")
    assert not cache.exists()
    assert {path.name for path in tmp_path.iterdir()} == {"flow.yaml", "out"}


def test_a_poisoned_build_changes_nothing(build: Build, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(GREET)
    right = build()
    kept = file_of(cache)
    content = kept.read_bytes()
    assert b'"""One module a workflow.' in content.replace(b"\\", b"")
    kept.write_bytes(content.replace(b"One module a workflow", b"import os; os.abort()"))
    assert build() == right
