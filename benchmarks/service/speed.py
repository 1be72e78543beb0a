"""Requests per second and CPU time per request: the emitted service, FastAPI by hand, bare ASGI; interleaved rounds.

`python benchmarks/service/speed.py --rounds 5 --seconds 5` needs `wrk` and two cores: the server has the first one, the
load the second. Writes medians and ratios to standard output and, with `--json FILE`, every round to a file.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from work import order

HERE = Path(__file__).parent
CONTENDERS = {
    "emitted": "emitted_app:app",
    "emitted, stock way": "emitted_app:stock_way",
    "FastAPI by hand": "fastapi_app:app",
    "bare ASGI": "bare_app:app",
}
PATH = "/api/v1/score-order/execute"


class Contender:
    """A server on the first core."""

    def __init__(self, app: str, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}{PATH}"
        options = ["--port", str(port), "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
        command = ["taskset", "-c", "0", sys.executable, "-m", "uvicorn", app, *options, "--log-level", "warning"]
        paths = {"PYTHONPATH": os.pathsep.join((str(HERE), str(HERE.parent.parent)))}
        self.process = subprocess.Popen(command, cwd=HERE, env={**os.environ, **paths})
        self.rounds: list[dict[str, float]] = []

    def wait(self, body: bytes) -> bytes:
        """The first answer, once the server is up."""
        request = urllib.request.Request(self.url, body, {"content-type": "application/json"})
        for _ in range(100):
            try:
                return urllib.request.urlopen(request, timeout=5).read()
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"no answer from {self.url}")

    def measure(self, script: str, connections: int, seconds: int) -> None:
        before = self._cpu()
        command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script, self.url]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = json.loads(out[out.index("{") :])
        spent = self._cpu() - before
        found["cpu_us"] = spent * 1e6 / found["requests"]
        self.rounds.append(found)

    def _cpu(self) -> float:
        """Seconds of CPU time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def median(self, what: str) -> float:
        return statistics.median(one[what] for one in self.rounds)


def _script(body: bytes) -> str:
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


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if shutil.which("wrk") is None or shutil.which("taskset") is None:
        raise SystemExit("wrk and taskset are needed")
    body = json.dumps(order(options.size), separators=(",", ":")).encode()
    contenders = {name: Contender(app, 18000 + number) for number, (name, app) in enumerate(CONTENDERS.items())}
    try:
        answers = {contender.wait(body) for contender in contenders.values()}
        if len(answers) != 1:
            raise SystemExit("the contenders do not give the same answer")
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
            file.write(_script(body))
            file.flush()
            for contender in contenders.values():
                contender.measure(file.name, options.connections, 1)
                contender.rounds.clear()
            for _ in range(options.rounds):
                for contender in contenders.values():
                    contender.measure(file.name, options.connections, options.seconds)
    finally:
        for contender in contenders.values():
            contender.stop()
    report(contenders, len(body))
    if options.json:
        options.json.write_text(json.dumps({name: each.rounds for name, each in contenders.items()}, indent=1))


def report(contenders: dict[str, Contender], size: int) -> None:
    base: Any = contenders["FastAPI by hand"]
    print(f"{size} bytes in; medians")
    print(f"{'':20} {'req/s':>8} {'ratio':>6} {'CPU µs':>7} {'ratio':>6} {'p99 ms':>7} {'errors':>6}")
    for name, each in contenders.items():
        speed, cpu = each.median("per_second"), each.median("cpu_us")
        ratios = speed / base.median("per_second"), base.median("cpu_us") / cpu
        errors = sum(one["errors"] for one in each.rounds)
        late = each.median("p99_us") / 1000
        print(f"{name:20} {speed:8.0f} {ratios[0]:6.2f} {cpu:7.1f} {ratios[1]:6.2f} {late:7.2f} {errors:6.0f}")


if __name__ == "__main__":
    main()
