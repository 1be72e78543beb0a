"""The tools that measure: rounds, processes, servers, load generators, event streams."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalyst.measure import processes
from catalyst.measure.cores import pinned, share, usable_cores
from catalyst.measure.events import read_streams
from catalyst.measure.exchange import Request, ask
from catalyst.measure.facts import facts
from catalyst.measure.figures import figure, percentile, ratio
from catalyst.measure.load import find_generator
from catalyst.measure.problems import DidNotStart, LoadFailed, NoLoadGenerator
from catalyst.measure.servers import Server, free_port, running
from tests.generators import REAL, REQUESTS, install, needs_real_generator

SERVED = Path(__file__).with_name("served.py")
ON_LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc, which this system has not")
SENT = Request("/echo?a=1", "PUT", b'say "\\" \xc3\xa4\n\0]]', {"x-token": "t: \\é"})


@pytest.fixture
def served() -> Iterator[tuple[Server, str]]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running([sys.executable, str(SERVED), str(port)], Request(f"{url}/first")) as server:
        yield server, url


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", install(tmp_path / "bin"))
    return tmp_path / "bin"


def at(url: str, request: Request = SENT) -> Request:
    return Request(url + request.url, request.method, request.body, request.headers)


def test_rounds_are_summed_up() -> None:
    found = figure([3.0, 1.0, 2.0])
    assert (found.median, found.low, found.high, found.spread) == (2.0, 1.0, 3.0, 1.0)
    over = ratio([4.0, 9.0, 2.0], [2.0, 3.0, 2.0])
    assert (over.median, over.low, over.high) == (2.0, 1.0, 3.0)
    hundred = [float(number) for number in range(1, 101)]
    assert [percentile(hundred, each) for each in (1, 50, 99, 99.9, 100)] == [1.0, 50.0, 99.0, 100.0, 100.0]
    assert percentile([5.0], 50) == 5.0
    for wrong in (lambda: figure([]), lambda: percentile([], 50)):
        with pytest.raises(ValueError, match="no "):
            wrong()


def test_facts_name_what_is_installed() -> None:
    found = facts(["pydantic", "no-such-package"])
    assert list(found["versions"]) == ["pydantic"]
    assert found["machine"]["cpu"]
    assert found["machine"]["cores"] >= 1
    json.dumps(found)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are pinned on Linux only")
def test_cores_are_kept_apart_and_given_back() -> None:
    cores = usable_cores()
    apart = share()
    assert apart.server is None if len(cores) == 1 else {*apart.server, *apart.load} == {*cores}
    assert share(len(cores)).server is None
    with pinned(cores[:1]):
        code = "import os; print(*os.sched_getaffinity(0))"
        assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == [str(cores[0])]
    assert usable_cores() == cores


@ON_LINUX
def test_a_process_counts_with_what_it_started() -> None:
    work = "import time\nwhile time.process_time() < 0.2: pass\nheld = bytearray(40_000_000)\nprint(flush=True)\n"
    parent = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {work + 'time.sleep(60)'!r}])"
    process = processes.start([sys.executable, "-c", parent], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        members = processes.family(process.pid)
        assert len(members) == 2
        assert (processes.cpu_seconds(process.pid) or 0) >= 0.2
        held = processes.memory(process.pid) or {}
        assert held["pss"] > 40
        assert held["rss"] > held["pss"]
    finally:
        processes.end(process)
        assert process.stdout is not None
        process.stdout.close()
    assert all(_ends(pid) for pid in members)
    assert processes.cpu_seconds(process.pid) is None
    assert processes.memory(process.pid) is None


@ON_LINUX
def test_a_process_ends_with_the_one_that_started_it() -> None:
    program = (
        "import os, sys\nfrom catalyst.measure import processes\n"
        "child = processes.start([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True)\nos.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, env=os.environ)
    assert done.returncode == -9, done.stderr
    assert _ends(int(done.stdout))


def _ends(pid: int) -> bool:
    """Whether the process is gone soon."""
    deadline = time.monotonic() + 20
    while _lives(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not _lives(pid)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_server_runs_until_it_is_left(served: tuple[Server, str]) -> None:
    server, url = served
    assert server.first.status == 200
    assert json.loads(server.first.body)["path"] == "/first"
    assert server.seconds > 0
    assert server.log().strip() == "listening"
    told = ask(at(url))
    assert json.loads(told.body) == {
        "method": "PUT",
        "path": "/echo?a=1",
        "body": SENT.body.decode(),
        "token": SENT.headers["x-token"],
    }


def test_servers_that_do_not_start() -> None:
    port = free_port()
    request = Request(f"http://127.0.0.1:{port}/")
    with (
        pytest.raises(DidNotStart, match=r"ended \(exit code 1\)") as ended,
        running([sys.executable, str(SERVED), str(port), "--refuse"], request),
    ):
        pass
    assert ended.value.log.split("\n")[:2] == ["listening", "there is no place to listen"]
    silent = [sys.executable, "-c", "import time; print('busy', flush=True); time.sleep(60)"]
    with pytest.raises(DidNotStart, match="no answer in time") as late, running(silent, request, patience=2):
        pass
    assert late.value.log.strip() == "busy"


def test_no_generator_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoLoadGenerator, match="neither `wrk` nor `oha`") as caught:
        find_generator()
    assert caught.value.help is not None
    assert "apt install wrk" in caught.value.help


@pytest.mark.parametrize("mode", ["", "old oha"])
@pytest.mark.parametrize("name", ["wrk", "oha"])
def test_what_a_generator_sends_and_what_is_read_of_it(
    name: str, mode: str, served: tuple[Server, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", install(tmp_path / "bin", name).split(os.pathsep)[0])
    monkeypatch.setenv("STAND_IN_GENERATOR", mode)
    generator = find_generator()
    assert generator.name == name
    load = generator.run(at(served[1]), connections=2, seconds=1)
    timeouts = {"timeout": 2} if name == "oha" else {}
    assert (load.requests, load.succeeded, load.errors) == (REQUESTS, REQUESTS, timeouts)
    assert 0 < load.latency["p50"] <= load.latency["p99.9"] <= load.latency["max"]
    assert load.per_second == pytest.approx(load.requests / load.seconds)
    failing = generator.run(at(served[1], Request("/", "POST", b"fail")), connections=2, seconds=1)
    assert (failing.requests, failing.succeeded) == (REQUESTS, 0)
    assert failing.errors == {"status": REQUESTS, **timeouts}
    assert failing.failed == sum(failing.errors.values())
    json.dumps(failing.as_data())


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("fails", r"wrk failed \(exit code 1\): unable to connect"),
        ("babbles", "the output of wrk cannot be read: Running 1s test"),
    ],
)
def test_generators_that_give_no_result(mode: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN_GENERATOR", mode)
    with pytest.raises(LoadFailed, match=message):
        find_generator().run(Request("http://127.0.0.1:9/"), seconds=1)


@pytest.mark.usefixtures("stand_in")
def test_a_generator_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN_GENERATOR", "hangs")
    monkeypatch.setattr("catalyst.measure.load._SLACK", 0.5)
    with pytest.raises(LoadFailed, match="wrk did not end within 2 s"):
        find_generator().run(Request("http://127.0.0.1:9/"), seconds=1, timeout=0.5)


@needs_real_generator
def test_a_real_generator_sends_the_same(served: tuple[Server, str]) -> None:
    generator = find_generator()
    assert generator.name == REAL
    load = generator.run(at(served[1]), connections=4, seconds=1, cores=share().load)
    assert load.requests > 0
    assert load.succeeded == load.requests
    assert 0 < load.latency["p50"] <= load.latency["p99.9"] <= load.latency["max"]
    failing = generator.run(at(served[1], Request("/", "POST", b"fail")), connections=4, seconds=1)
    assert failing.errors["status"] == failing.requests > 0


EVENTS = {"accept": "text/event-stream"}


def test_streams_are_read_to_their_end(served: tuple[Server, str]) -> None:
    found = read_streams(at(served[1], Request("/", "POST", b"x", EVENTS)), connections=3, seconds=1)
    assert found.requests > 3
    assert (found.errors, found.failed, found.succeeded) == ({}, 0, found.requests)
    assert 3 * found.requests <= found.events < 3 * (found.requests + 3)
    assert 0 < found.first_event["p50"] <= found.latency["p50"] <= found.latency["max"]
    assert set(found.last) == {b'{"name": "done"}'}
    json.dumps(found.as_data())


def test_streams_that_fail_are_told_apart(served: tuple[Server, str]) -> None:
    broken = read_streams(at(served[1], Request("/", "POST", b"break", EVENTS)), connections=2, seconds=1)
    assert (broken.succeeded, broken.errors) == (0, {"event": broken.requests})
    cut = read_streams(at(served[1], Request("/", "POST", b"cut", EVENTS)), connections=2, seconds=1)
    assert (cut.requests, set(cut.errors)) == (0, {"read"})
    refused = read_streams(at(served[1], Request("/", "POST", b"refuse", EVENTS)), connections=2, seconds=1)
    assert (refused.requests, refused.events, set(refused.errors)) == (0, 0, {"status"})
    assert refused.failure is not None
    assert (refused.failure.status, refused.failure.body) == (429, b"later")
    nobody = read_streams(Request(f"http://127.0.0.1:{free_port()}/"), connections=2, seconds=0.2)
    assert set(nobody.errors) == {"connect"}
