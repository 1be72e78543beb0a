"""Five HTTP calls one after another: the emitted service, bare aiohttp, pooled httpx; interleaved rounds, 16 callers.

The service that is called has a process of its own, on the core of the load. `run.py` calls `measure`; by itself it is
started with `python -m service.http_calls` in `benchmarks/`.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.speed import EMITTED, HERE, UVICORN, Contender, build, median, script_of

FLOW = HERE.parent / "flows" / "five_calls.yaml"
PATH = "/api/v1/five_calls/execute"
BODY = b'{"start": 7}'
AIOHTTP = "bare aiohttp"
HTTPX = "pooled httpx"
CONTENDERS = {
    EMITTED: ("-m", "app", "--log-level", "warning"),
    AIOHTTP: (*UVICORN, "aiohttp_calls_app:app"),
    HTTPX: (*UVICORN, "httpx_calls_app:app"),
}
CALLERS = 16


def measure(rounds: int, seconds: int) -> dict[str, list[dict[str, float]]]:
    """The rounds of each contender, interleaved: one of each, then again. `per_second` are flows."""
    if shutil.which("wrk") is None or shutil.which("taskset") is None:
        raise SystemExit("wrk and taskset are needed")
    contenders: dict[str, Contender] = {}
    with tempfile.TemporaryDirectory() as name, _items():
        emitted = Path(name)
        build(emitted, FLOW)
        script = emitted / "load.lua"
        script.write_text(script_of(BODY))
        try:
            for number, (title, arguments) in enumerate(CONTENDERS.items()):
                folder = emitted if title == EMITTED else HERE
                contenders[title] = Contender(arguments, 18040 + number, folder, PATH)
            answers = {contender.wait(BODY) for contender in contenders.values()}
            if len(answers) != 1:
                raise SystemExit(f"the contenders do not give the same answer: {answers}")
            for contender in contenders.values():
                contender.measure(str(script), CALLERS, 1)
                contender.rounds.clear()
            for _ in range(rounds):
                for contender in contenders.values():
                    contender.measure(str(script), CALLERS, seconds)
        finally:
            for contender in contenders.values():
                contender.stop()
    return {title: contender.rounds for title, contender in contenders.items()}


@contextmanager
def _items() -> Iterator[None]:
    """The service that is called."""
    command = ["taskset", "-c", "1", sys.executable, *UVICORN, "--port", "18090", "items_server:app"]
    process = subprocess.Popen(command, cwd=HERE)
    time.sleep(1)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def main() -> None:
    found = measure(3, 3)
    for title, rounds in found.items():
        speed, cpu = median(rounds, "per_second"), median(rounds, "cpu_us")
        others = [
            f"{median(found[EMITTED], 'per_second') / speed:5.2f}",
            f"{cpu / median(found[EMITTED], 'cpu_us'):5.2f}",
        ]
        print(f"{title:15} {speed:7.0f} flows/s {cpu:7.0f} µs   emitted over it: {' '.join(others)} (flows, CPU)")


if __name__ == "__main__":
    main()
