"""Requests per second and CPU time per request: the emitted service, FastAPI by hand, bare ASGI; interleaved rounds.

Needs `wrk` and two cores: the server has the first one, the load the second. `run.py` calls `measure`.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from catalyst.api import compile_path
from service.work import order

HERE = Path(__file__).parent
FLOW = HERE.parent / "flows" / "three_nodes.yaml"
UVICORN = ("-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
EMITTED = "emitted"
BASE = "FastAPI by hand"
CONTENDERS = {
    EMITTED: ("-m", "app", "--log-level", "warning"),
    BASE: (*UVICORN, "fastapi_app:app"),
    "bare ASGI": (*UVICORN, "bare_app:app"),
}
PATH = "/api/v1/score_order/execute"


class Contender:
    """A server on the first core."""

    def __init__(self, arguments: Sequence[str], port: int, folder: Path, path: str = PATH) -> None:
        self.url = f"http://127.0.0.1:{port}{path}"
        command = ["taskset", "-c", "0", sys.executable, *arguments, "--port", str(port)]
        self.process = subprocess.Popen(command, cwd=folder)
        self.rounds: list[dict[str, float]] = []

    def wait(self, body: bytes, accept: str = "*/*") -> bytes:
        """The first answer, once the server is up."""
        request = urllib.request.Request(self.url, body, {"content-type": "application/json", "accept": accept})
        for _ in range(600):
            try:
                return urllib.request.urlopen(request, timeout=5).read()
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"no answer from {self.url}")

    def measure(self, script: str, connections: int, seconds: int) -> None:
        before = cpu_seconds(self.process.pid)
        command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script, self.url]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = json.loads(out[out.index("{") :])
        spent = cpu_seconds(self.process.pid) - before
        found["cpu_us"] = spent * 1e6 / found["requests"]
        self.rounds.append(found)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def cpu_seconds(pid: int) -> float:
    """CPU time of a process so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def script_of(body: bytes) -> str:
    """What `wrk` is told to send, and to print as JSON in the end."""
    quoted = body.decode().replace("\\", "\\\\").replace("'", "\\'")
    return f"""
wrk.method = 'POST'
wrk.body = '{quoted}'
wrk.headers['Content-Type'] = 'application/json'
done = function(summary, latency)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format('{{"requests": %d, "per_second": %f, "p50_us": %f, "p99_us": %f, "errors": %d}}',
    summary.requests, summary.requests / (summary.duration / 1e6), latency:percentile(50), latency:percentile(99), bad))
end
"""


def build(folder: Path, flow: Path = FLOW) -> None:
    """Write the emitted project."""
    result = compile_path(flow)
    if not result.ok:
        raise SystemExit(f"{flow} does not compile: {result.diagnostics}")
    for path, text in result.files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def measure(rounds: int, seconds: int, connections: int = 32, size: int = 1024) -> dict[str, list[dict[str, float]]]:
    """The rounds of each contender, interleaved: one of each, then again."""
    if shutil.which("wrk") is None or shutil.which("taskset") is None:
        raise SystemExit("wrk and taskset are needed")
    body = json.dumps(order(size), separators=(",", ":")).encode()
    contenders: dict[str, Contender] = {}
    with tempfile.TemporaryDirectory() as name:
        emitted = Path(name)
        build(emitted)
        script = emitted / "load.lua"
        script.write_text(script_of(body))
        try:
            for number, (title, arguments) in enumerate(CONTENDERS.items()):
                contenders[title] = Contender(arguments, 18000 + number, emitted if title == EMITTED else HERE)
            answers = {contender.wait(body) for contender in contenders.values()}
            if len(answers) != 1:
                raise SystemExit(f"the contenders do not give the same answer: {answers}")
            for contender in contenders.values():
                contender.measure(str(script), connections, 1)
                contender.rounds.clear()
            for _ in range(rounds):
                for contender in contenders.values():
                    contender.measure(str(script), connections, seconds)
        finally:
            for contender in contenders.values():
                contender.stop()
    return {title: contender.rounds for title, contender in contenders.items()}


def median(rounds: Sequence[Mapping[str, float]], what: str) -> float:
    """The middle one of all rounds."""
    return statistics.median(one[what] for one in rounds)


def report(rounds: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    """Print medians, and ratios to FastAPI by hand."""
    base = rounds[BASE]
    print(f"{'':20} {'req/s':>8} {'ratio':>6} {'CPU µs':>7} {'ratio':>6} {'p99 ms':>7} {'errors':>6}")
    for name, each in rounds.items():
        speed, cpu = median(each, "per_second"), median(each, "cpu_us")
        ratios = speed / median(base, "per_second"), median(base, "cpu_us") / cpu
        errors = sum(one["errors"] for one in each)
        late = median(each, "p99_us") / 1000
        print(f"{name:20} {speed:8.0f} {ratios[0]:6.2f} {cpu:7.1f} {ratios[1]:6.2f} {late:7.2f} {errors:6.0f}")
