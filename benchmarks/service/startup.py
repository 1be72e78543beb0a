"""From start to the first answer, and memory when idle: the emitted service beside FastAPI by hand; interleaved.

Both are started by uvicorn with uvloop and httptools. The time of a start is that of a clock (it includes what the
machine does besides) and CPU time (which does not wait for anybody); memory is PSS after the first answer.
"""

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from service.speed import BASE, CONTENDERS, EMITTED, HERE, PATH, build, cpu_seconds
from service.work import order

PORT = 18020
Start = dict[str, float]


def measure(rounds: int) -> dict[str, list[Start]]:
    """Each round starts both once: seconds, CPU seconds and megabytes."""
    found: dict[str, list[Start]] = {EMITTED: [], BASE: []}
    with tempfile.TemporaryDirectory() as name:
        build(Path(name))
        for number in range(rounds + 1):
            for title, each in found.items():
                start = _start(title, Path(name) if title == EMITTED else HERE)
                if number:  # the first round writes the compiled files
                    each.append(start)
    return found


def _start(title: str, folder: Path) -> Start:
    began = time.monotonic()
    command = [sys.executable, *CONTENDERS[title], "--port", str(PORT)]
    process = subprocess.Popen(command, cwd=folder)
    try:
        _first_answer()
        seconds = time.monotonic() - began
        return {"seconds": seconds, "cpu_s": cpu_seconds(process.pid), "megabytes": _pss(process.pid)}
    finally:
        process.terminate()
        process.wait(10)


def _first_answer() -> None:
    body = json.dumps(order()).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{PATH}", body, {"content-type": "application/json"})
    for _ in range(4000):
        try:
            urllib.request.urlopen(request, timeout=5).read()
            return
        except OSError:
            time.sleep(0.005)
    raise SystemExit("no answer")


def _pss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
