"""`catalyst bench`: what it measures, what it says when it cannot, and that it leaves nothing behind."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalyst.measure import processes
from catalyst.measure.servers import free_port
from tests.generators import REAL, REQUESTS, install, needs_real_generator

from .conftest import Catalyst, environment, executable, without

QUICK = ("--duration", "1s", "--rounds", "1", "--connections", "2")
GUARDED = """\
catalyst: 1
name: guarded
input:
  name: {type: string, from: path}
  tags: {type: array, items: string, from: query}
  sure: {type: boolean, from: header}
  note: string?
secrets: [KEYS]
triggers:
  - http: {method: GET, path: "/plain/{name}"}
  - http: {method: PUT, path: "/hello/{name}", auth: {bearer: {secret: KEYS}}}
nodes:
  check:
    type: switch
    cases:
      - when: "{{ input.tags != ['ü', 'b c'] or input.name != 'B - ö' or not input.sure or input.note != 'n' }}"
        do: {no: {type: raise, with: {status: 409, title: "Not what was given", detail: "{{ input.tags }}"}}}
output: {ok: true}
"""
GIVEN = '{"name": "B - ö", "tags": ["ü", "b c"], "sure": true, "note": "n"}'
CALLING = """\
catalyst: 1
name: calling
input: {name: string}
env: {ADDRESS: ~}
nodes:
  asked: {type: http, with: {url: "{{ env.ADDRESS }}/x"}, retry: {max_attempts: 1}}
output: {text: "{{ input.name }}"}
"""
STREAMING = """\
catalyst: 1
name: streaming
input: {question: string}
secrets: [OPENAI_API_KEY]
nodes:
  answer:
    type: llm
    with: {provider: openai, model: gpt-5.4-mini, prompt: "{{ input.question }}", stream: true}
output:
  text: {type: string, value: "{{ nodes.answer.output.text }}", stream: true}
"""
PATTERN = """\
catalyst: 1
name: pattern
input: {code: {type: string, pattern: "^zebra{7}$"}}
nodes:
  same: {type: set, with: {value: "{{ input.code }}"}}
output: {code: "{{ input.code }}"}
"""


@pytest.fixture
def generator(tmp_path: Path) -> str:
    """A PATH on which the stand-in for wrk comes first."""
    return install(tmp_path / "bin")


@needs_real_generator
@pytest.mark.usefixtures("greet")
def test_a_real_bench(catalyst: Catalyst, tmp_path: Path) -> None:
    done = catalyst("bench", "greet.yaml", *QUICK, "-o", "result.json")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[:2] == ["greet, POST /api/v1/greet/execute", f"1 worker; {REAL}, 2 connections, 1 round of 1 s"]
    shown = {line.split("  ")[0].strip(): line.split()[-1] for line in lines if line.strip()}
    assert {"requests/s", "latency p50, ms", "latency p99.9, ms", "hello", "total"} <= shown.keys()
    assert shown["errors"] == "0"
    kept = json.loads((tmp_path / "result.json").read_text())
    assert kept["summary"]["per_second"] == kept["rounds"][0]["per_second"] > 0
    assert kept["rounds"][0]["requests"] > kept["nodes"]["hello"]["answers"] > 0
    assert sorted(place.name for place in tmp_path.iterdir()) == ["greet.yaml", "result.json"]


@pytest.mark.usefixtures("greet")
def test_everything_that_a_result_says(catalyst: Catalyst, tmp_path: Path, generator: str) -> None:
    done = catalyst("bench", "greet.yaml", *QUICK, "--rounds", "2", "--format", "json", "-o", "r.json", PATH=generator)
    assert (done.code, done.err) == (0, "")
    found = done.data
    assert found == json.loads((tmp_path / "r.json").read_text())
    assert (found["ok"], found["flow"], found["route"]) == (True, "greet", "POST /api/v1/greet/execute")
    assert (found["generator"], found["connections"], found["seconds"], found["workers"]) == ("wrk", 2, 1, 1)
    assert [each["requests"] for each in found["rounds"]] == [REQUESTS, REQUESTS]
    assert found["errors"] == {"count": 0, "kinds": {}, "first": None}
    assert found["summary"]["latency_us"].keys() >= {"p50", "p90", "p99", "p99.9", "max"}
    assert found["nodes"]["hello"].keys() == {"median_ms", "p99_ms", "answers"}
    assert found["start_s"] > 0
    assert {"date", "machine", "python", "versions"} <= found.keys()
    assert "fastapi" in found["versions"]
    if Path("/proc/self/smaps_rollup").exists():
        assert found["memory_mb"]["start"]["pss"] > 5
        assert found["memory_mb"]["after"]["rss"] > 5
        assert found["rounds"][0]["cpu_us"] >= 0


def test_input_goes_where_the_route_wants_it(catalyst: Catalyst, tmp_path: Path, generator: str) -> None:
    (tmp_path / "guarded.yaml").write_text(GUARDED)
    route = ["--route", "put /hello/{name}"]
    missing = catalyst("bench", "guarded.yaml", *QUICK, *route, PATH=generator)
    assert missing.code == 1
    assert missing.err.startswith("error: missing settings: KEYS\n")
    (tmp_path / ".env").write_text("KEYS=first, second\n")
    done = catalyst("bench", "guarded.yaml", *QUICK, *route, "--env-file", ".env", "-i", GIVEN, PATH=generator)
    assert (done.code, done.err) == (0, "")
    assert "guarded, PUT /hello/{name}" in done.out
    plain = catalyst("bench", "guarded.yaml", *QUICK, "-i", GIVEN, PATH=generator, KEYS="k")
    assert "guarded, GET /plain/{name}" in plain.out
    other = catalyst("bench", "guarded.yaml", *QUICK, *route, PATH=generator, KEYS="k")
    assert other.code == 1
    assert f"all requests failed: {REQUESTS} answered with an error status" in other.err
    assert "  the first: 409 Not what was given (no, guarded.yaml:17)" in other.err
    assert "the input is an example made from the flow's types" in other.err


def test_services_that_cannot_be_reached_are_counted(catalyst: Catalyst, tmp_path: Path, generator: str) -> None:
    (tmp_path / "calling.yaml").write_text(CALLING)
    address = f"http://127.0.0.1:{free_port()}"
    done = catalyst("bench", "calling.yaml", *QUICK, "-o", "r.json", PATH=generator, ADDRESS=address)
    assert done.code == 1
    assert done.err.startswith("note: every request calls other services: asked\n")
    assert "the first: 502" in done.err
    first = json.loads((tmp_path / "r.json").read_text())["errors"]["first"]
    assert (first["status"], first["node"], first["source"]) == (502, "asked", "calling.yaml:6")


@pytest.mark.usefixtures("greet", "wrong")
def test_what_cannot_be_measured(catalyst: Catalyst, tmp_path: Path, generator: str) -> None:
    def refused(*arguments: str, code: int = 2, **variables: str) -> str:
        done = catalyst("bench", *arguments, **{"PATH": generator, **variables})
        assert (done.code, done.out) == (code, "")
        return done.err

    none = refused("greet.yaml", PATH=str(tmp_path / "nothing"))
    assert none.startswith(
        "error: no load generator was found: neither `wrk` nor `oha` is on the PATH\n  = help: install"
    )
    assert "error[E202]" in refused("wrong.yaml", code=1)
    for duration in ("0", "1.5s", "ten", "2h", "-1"):
        assert f"`{duration}` is no duration" in refused("greet.yaml", f"--duration={duration}")
    assert "has no route `/greet`\n  = help: there are: POST /api/v1/greet/execute" in refused(
        "greet.yaml", "--route", "/greet"
    )
    assert "the flow `greet` does not stream" in refused("greet.yaml", "--stream")
    assert "has to be a JSON object" in refused("greet.yaml", "-i", "[1]")
    assert "there is no folder `no`" in refused("greet.yaml", "-o", "no/where.json")
    assert "is neither an .svg nor a .png file" in refused("greet.yaml", "--plot", "picture.pdf")
    invalid = refused("greet.yaml", "-i", '{"nam": "Ada"}', code=1)
    assert invalid.startswith("error: the service refuses this input: The input is not valid (422)\n  = help: name: ")
    (tmp_path / "pattern.yaml").write_text(PATTERN)
    made_up = refused("pattern.yaml", code=1)
    assert "refuses the example that was made for this flow" in made_up
    assert "--input" in made_up
    failing = refused("greet.yaml", *QUICK, code=1, STAND_IN_GENERATOR="fails")
    assert failing.startswith("error: wrk failed (exit code 1): unable to connect")
    wrong = catalyst("bench", "wrong.yaml", "--format", "json", PATH=generator)
    assert (wrong.code, wrong.data["ok"]) == (1, False)


def test_a_service_that_does_not_start(catalyst: Catalyst, tmp_path: Path, generator: str) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "late.py").write_text(
        '"""Ends when it is imported."""\n\nimport sys\n\nsys.exit("there is no licence")\n\n\n'
        'def late() -> int:\n    """One."""\n    return 1\n'
    )
    (tmp_path / "late.yaml").write_text(
        "catalyst: 1\nname: late\nnodes:\n  one: {type: python, with: {function: 'lib.late:late'}}\n"
        "output: {one: '{{ nodes.one.output }}'}\n"
    )
    done = catalyst("bench", "late.yaml", *QUICK, PATH=generator)
    assert done.code == 1
    assert done.err.startswith("error: the service did not start: the server ended (exit code 1)\n")
    assert "there is no licence" in done.err


@pytest.fixture
def model() -> Iterator[str]:
    """The address of a stand-in for a model."""
    port = free_port()
    command = [sys.executable, "-m", "tests.standin", "--port", str(port), "--token-ms", "1"]
    process = processes.start(command, stdout=subprocess.DEVNULL, env=environment())
    yield f"http://127.0.0.1:{port}/v1"
    processes.end(process)


def test_streams(catalyst: Catalyst, tmp_path: Path, model: str) -> None:
    (tmp_path / "streaming.yaml").write_text(STREAMING)
    keys = {"OPENAI_BASE_URL": model, "OPENAI_API_KEY": "key"}
    # No load generator is needed to read streams.
    done = catalyst("bench", "streaming.yaml", *QUICK, "--stream", "--format", "json", PATH=str(tmp_path), **keys)
    assert done.code == 0, done.err
    found = done.data
    only = found["rounds"][0]
    assert only["events"] > only["requests"] > 0
    assert 0 < only["first_event_us"]["p50"] <= only["latency_us"]["p50"]
    assert found["summary"]["events_per_second"] > 0
    assert found["nodes"]["answer"]["answers"] == only["requests"]
    shown = catalyst("bench", "streaming.yaml", *QUICK, "--stream", **keys).out
    assert "events/s" in shown
    assert "first event p50, ms" in shown


@pytest.mark.usefixtures("greet")
@pytest.mark.parametrize(("suffix", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_a_picture(suffix: str, begins: bytes, catalyst: Catalyst, tmp_path: Path, generator: str) -> None:
    done = catalyst("bench", "greet.yaml", *QUICK, "--plot", f"latency.{suffix}", PATH=generator)
    assert (done.code, done.err) == (0, "")
    picture = (tmp_path / f"latency.{suffix}").read_bytes()
    assert picture.startswith(begins)
    if suffix == "svg":
        assert all(word in picture for word in (b"p99.9", b"hello", b"POST /api/v1/greet/execute"))


@pytest.mark.usefixtures("greet")
def test_a_picture_without_matplotlib(catalyst: Catalyst, tmp_path: Path, generator: str) -> None:
    path = without("matplotlib", tmp_path)
    done = catalyst("bench", "greet.yaml", *QUICK, "--plot", "p.svg", PATH=generator, PYTHONPATH=path)
    assert done.code == 2
    assert "needs the package `matplotlib`" in done.err
    assert "pip install 'catalyst[bench]'" in done.err


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc, which this system has not")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_is_left_behind(number: signal.Signals, greet: Path, tmp_path: Path, generator: str) -> None:
    log = tmp_path / "log.txt"
    command = [*executable(), "bench", str(greet), "--duration", "60s", "--workers", "2"]
    variables = environment(PATH=generator, STAND_IN_GENERATOR="hangs", TMPDIR=str(tmp_path))
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=variables, cwd=tmp_path)
    # The service with its two workers and the helper that multiprocessing starts, and the generator.
    assert _eventually(
        lambda: sum("wrk" in _command(pid) for pid in processes.family(process.pid)) == 1
    ), log.read_text()
    members = processes.family(process.pid)
    assert len(members) >= 5
    process.send_signal(number)
    assert process.wait(30) == (-9 if number == signal.SIGKILL else 130)
    assert _eventually(lambda: not any(_command(pid) for pid in members))
    assert log.read_text() == ""
    if number != signal.SIGKILL:
        assert not [place.name for place in tmp_path.iterdir() if place.name.startswith("catalyst-")]


def _command(pid: int) -> str:
    """A process's command line; empty when it is gone, or is kept only until somebody asks for its exit code."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def _eventually(holds: object, seconds: float = 60.0) -> bool:
    assert callable(holds)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.1)
    return False
