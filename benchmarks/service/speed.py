"""Requests per second and CPU time per request: the emitted service, FastAPI by hand, bare ASGI; interleaved rounds.

Needs `wrk` or `oha`, and two cores: the server has the first one, the load the others. `run.py` calls `measure`.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from catalyst.api import compile_path
from catalyst.measure.cores import share
from catalyst.measure.exchange import Request
from catalyst.measure.load import Generator, find_generator
from catalyst.measure.servers import Server, free_port, running
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
Round = dict[str, float]


def build(folder: Path) -> None:
    """Write the emitted project."""
    result = compile_path(FLOW)
    if not result.ok:
        raise SystemExit(f"{FLOW} does not compile: {result.diagnostics}")
    for path, text in result.files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def command(title: str, port: int) -> list[str]:
    """How a contender is started."""
    return [sys.executable, *CONTENDERS[title], "--port", str(port)]


def request(port: int, size: int = 1024) -> Request:
    """The request that all contenders answer."""
    body = json.dumps(order(size), separators=(",", ":")).encode()
    return Request(f"http://127.0.0.1:{port}{PATH}", "POST", body, {"content-type": "application/json"})


def measure(rounds: int, seconds: int, connections: int = 32, size: int = 1024) -> dict[str, list[Round]]:
    """The rounds of each contender, interleaved: one of each, then again."""
    generator, cores = find_generator(), share()
    found: dict[str, list[Round]] = {title: [] for title in CONTENDERS}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        build(Path(name))
        contenders: dict[str, tuple[Server, Request]] = {}
        for title in CONTENDERS:
            port = free_port()
            folder = Path(name) if title == EMITTED else HERE
            server = running(command(title, port), request(port, size), cwd=folder, cores=cores.server)
            contenders[title] = stack.enter_context(server), request(port, size)
        _check_same([server for server, _ in contenders.values()])
        for number in range(rounds + 1):
            for title, (server, sent) in contenders.items():
                # The first round, a short one, warms up.
                one = _round(generator, server, sent, connections, seconds if number else 1, cores.load)
                if number:
                    found[title].append(one)
    return found


def _check_same(servers: Sequence[Server]) -> None:
    answers = {server.first.body for server in servers}
    if len(answers) != 1:
        raise SystemExit(f"the contenders do not give the same answer: {answers}")


def _round(
    generator: Generator,
    server: Server,
    sent: Request,
    connections: int,
    seconds: int,
    cores: Sequence[int] | None,
) -> Round:
    before = server.cpu_seconds() or 0.0
    load = generator.run(sent, connections=connections, seconds=seconds, cores=cores)
    spent = (server.cpu_seconds() or 0.0) - before
    return {
        "requests": load.requests,
        "per_second": load.per_second,
        "p50_us": load.latency["p50"],
        "p99_us": load.latency["p99"],
        "errors": load.failed,
        "cpu_us": spent * 1e6 / load.requests,
    }
