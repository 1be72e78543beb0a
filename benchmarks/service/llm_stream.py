"""A model's stream of 200 tokens: the emitted service, passed through by hand, the official SDK by hand; interleaved.

Two figures of each: CPU time a token with 16 streams at a time, and milliseconds to the first token of a single one;
the model itself, asked directly, is measured beside them. The model has a process of its own on the core of the load.
`run.py` calls `measure`; by itself it is started with `python -m service.llm_stream` in `benchmarks/`.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from service.speed import EMITTED, HERE, UVICORN, Contender, build, cpu_seconds, median

FLOW = HERE.parent / "flows" / "llm_stream.yaml"
PATH = "/api/v1/llm_stream/execute"
MODEL_PORT = 18091
DIRECT = "the model itself"
RAW = "passed through by hand"
SDK = "official SDK by hand"
CONTENDERS = {
    EMITTED: ("-m", "app", "--log-level", "warning"),
    RAW: (*UVICORN, "pass_through_app:app"),
    SDK: (*UVICORN, "sdk_stream_app:app"),
}
STREAMS = 16
ONE_BY_ONE = 5


def measure(rounds: int) -> dict[str, list[dict[str, float]]]:
    """The rounds of each contender, interleaved: `cpu_us` a token and `first_ms` to the first token."""
    if shutil.which("taskset") is None:
        raise SystemExit("taskset is needed")
    os.environ |= {"OPENAI_BASE_URL": f"http://127.0.0.1:{MODEL_PORT}/v1", "OPENAI_API_KEY": "key"}
    contenders: dict[str, Contender] = {}
    direct: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as name, _model():
        build(Path(name), FLOW)
        try:
            for number, (title, arguments) in enumerate(CONTENDERS.items()):
                folder = Path(name) if title == EMITTED else HERE
                contenders[title] = Contender(arguments, 18060 + number, folder, PATH)
            for contender in contenders.values():
                contender.wait(b'{"question": "Are you there?"}', "text/event-stream")
                _load(contender.url, STREAMS, 1)
            for _ in range(rounds):
                direct.append({"first_ms": _first_ms(f"http://127.0.0.1:{MODEL_PORT}/v1/chat/completions")})
                for contender in contenders.values():
                    contender.rounds.append(_round(contender))
        finally:
            for contender in contenders.values():
                contender.stop()
    return {title: contender.rounds for title, contender in contenders.items()} | {DIRECT: direct}


def _round(contender: Contender) -> dict[str, float]:
    first = _first_ms(contender.url)
    before = cpu_seconds(contender.process.pid)
    tokens = _load(contender.url, STREAMS, 2)["tokens"]
    return {"first_ms": first, "cpu_us": (cpu_seconds(contender.process.pid) - before) * 1e6 / tokens}


def _first_ms(url: str) -> float:
    return statistics.median(_load(url, 1, ONE_BY_ONE)["first_ms"])


def _load(url: str, streams: int, rounds: int) -> dict[str, Any]:
    command = ["taskset", "-c", "1", sys.executable, str(HERE / "stream_load.py"), url, str(streams), str(rounds)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if not found["tokens"]:
        raise SystemExit(f"{url} streams nothing")
    return found


@contextmanager
def _model() -> Iterator[None]:
    """The model that is asked."""
    command = ["taskset", "-c", "1", sys.executable, *UVICORN, "--port", str(MODEL_PORT), "model_server:app"]
    process = subprocess.Popen(command, cwd=HERE)
    time.sleep(1)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def main() -> None:
    found = measure(3)
    direct = median(found.pop(DIRECT), "first_ms")
    raw = median(found[RAW], "cpu_us")
    for title, rounds in found.items():
        first, cpu = median(rounds, "first_ms"), median(rounds, "cpu_us")
        print(f"{title:24} first token {first - direct:+6.2f} ms   a token {cpu:6.1f} µs of CPU, {cpu - raw:+6.1f}")


if __name__ == "__main__":
    main()
