"""One request, taken apart: where its microseconds go in FastAPI by hand and in the emitted service."""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench, CannotMeasure, Round, Rounds
from benchmarks.contenders import BY_HAND, EMITTED, SERVICE, Contender, by_hand, dumped, emitted, probes, race, start
from benchmarks.emitted import Emitted, flow_text, write_flow
from benchmarks.sampling import ELSE, Asker, cost, sampled, started
from benchmarks.service.work import PATH, order
from benchmarks.table import Goal, Line, columns, middle, number, plain

ORDER = 110
CONSTANT = {
    BY_HAND: "no work at all, uvicorn",
    EMITTED: "no work at all, the server of an emitted project",
}
"""An app that does nothing, behind the server of each contender."""
SERVE = "import sys; from app.runtime import server; server.main('constant:app', None, sys.argv[1:])"
ROUTE = "middleware, finding the route"
BODY = "reading and checking the body"
STEPS = "the steps of the flow"
ANSWER = "the answer"
AROUND = "around it: dependencies and exit stacks; ids, timings, limits, metrics"
PIECES = (ROUTE, BODY, STEPS, ANSWER, AROUND, ELSE)
SERVER = "server, sockets, kernel"
WHOLE = "a whole request, as measured"
BY_FILE = {
    "/app/runtime/short_way.py": ROUTE,
    "/starlette/middleware/": ROUTE,
    "/starlette/applications.py": ROUTE,
    "/starlette/routing.py": ROUTE,
    "/fastapi/applications.py": ROUTE,
    "/fastapi/middleware/": ROUTE,
    "/app/runtime/intake.py": BODY,
    "/app/runtime/quick_json.py": BODY,
    "/app/runtime/soundness.py": BODY,
    "/starlette/requests.py": BODY,
    "/fastapi/_compat/": BODY,
    "/json/": BODY,
    "/app/workflows/": STEPS,
    "/service/fastapi_app.py": STEPS,
    "/app/runtime/answers.py": ANSWER,
    "/starlette/responses.py": ANSWER,
    "/fastapi/encoders.py": ANSWER,
    "/app/runtime/": AROUND,
    "/fastapi/": AROUND,
    "/contextlib.py": AROUND,
}
"""The first that fits."""
BY_FUNCTION = {
    ("/fastapi/routing.py", "serialize_response"): ANSWER,
    ("/fastapi/routing.py", "matches"): ROUTE,
    ("/fastapi/dependencies/utils.py", "request_body_to_args"): BODY,
}


def piece(file: str, function: str) -> str | None:
    """Which part of a request this is."""
    for (end, name), part in BY_FUNCTION.items():
        if name == function and file.endswith(end):
            return part
    return next((part for part_of, part in BY_FILE.items() if part_of in file), None)


def measure(bench: Bench) -> Rounds:
    """Each contender: CPU microseconds by part, in this process; and of whole requests, through a server."""
    if not hasattr(signal, "setitimer"):
        raise CannotMeasure("this system has no timer that interrupts a process")
    body = dumped(order())
    found: dict[str, list[Round]] = {}
    for title, app in _apps().items():
        found[f"{title}, in process"] = asyncio.run(_rounds(bench, app, body))
    with tempfile.TemporaryDirectory() as folder:
        write_flow(flow_text("three_nodes"), Path(folder))
        contenders = [
            emitted(Path(folder)),
            by_hand(BY_HAND, "fastapi_app"),
            by_hand(CONSTANT[BY_HAND], "constant"),
            _constant_behind_our_server(Path(folder)),
        ]
        with start(bench, contenders, probes()[0].body) as servers:
            return {**found, **race(bench, servers, body)}


def _constant_behind_our_server(project: Path) -> Contender:
    command = (sys.executable, "-c", SERVE, "--log-level", "warning", "--port", "{port}")
    return Contender(CONSTANT[EMITTED], command, project, env={**os.environ, "PYTHONPATH": str(SERVICE)})


def _apps() -> dict[str, Any]:
    """The app of each contender, imported."""
    sys.path.insert(0, str(SERVICE))
    try:
        hand = importlib.import_module("fastapi_app").app
    finally:
        sys.path.remove(str(SERVICE))
    return {BY_HAND: hand, EMITTED: Emitted({"score_order": flow_text("three_nodes")}).app}


async def _rounds(bench: Bench, app: Any, body: bytes) -> list[Round]:
    seconds = 0.5 if bench.quick else 3.0
    async with started(app) as state:
        asker = Asker(_entrance(app), PATH, body)
        return [await _taken_apart(asker, state, seconds) for _ in range(bench.rounds)]


def _entrance(app: Any) -> Any:
    """What the server calls: for an emitted app that is what stands in front of it."""
    emitted_app = sys.modules.get("app.main")
    if emitted_app is None or vars(emitted_app)["app"] is not app:
        return app
    return importlib.import_module("app.runtime.short_way").in_front_of(app)


async def _taken_apart(asker: Asker, state: Any, seconds: float) -> Round:
    """What a request costs, shared out by samples of that many seconds of CPU time."""
    whole = await cost(asker, state)
    if asker.status != 200:
        raise CannotMeasure(f"the app says {asker.status}")
    samples: Counter[str] = Counter()
    with sampled(piece, samples):
        until = time.process_time() + seconds
        while time.process_time() < until:
            await asker.ask(100, state)
    return {"total_us": whole, **{part: whole * samples[part] / samples.total() for part in PIECES}}


def lines(rounds: Rounds) -> list[Line]:
    """What a request costs inside the app."""
    return [
        plain(
            f"a request inside the app, without a server: {title}",
            Goal("less"),
            "µs",
            rounds[f"{title}, in process"],
            "total_us",
        )
        for title in (BY_HAND, EMITTED)
    ]


def table(rounds: Rounds) -> str:
    """Part by part: before (by hand) and after (emitted), in microseconds of CPU time."""
    rows: dict[str, dict[str, str]] = {}
    for part in PIECES:
        rows[part] = {title: number(middle(rounds[f"{title}, in process"], part)) for title in (BY_HAND, EMITTED)}
    if all("cpu_us" in rounds[title][0] for title in (*CONSTANT.values(), BY_HAND, EMITTED)):
        rows[SERVER] = {title: number(middle(rounds[CONSTANT[title]], "cpu_us")) for title in (BY_HAND, EMITTED)}
        rows[WHOLE] = {title: number(middle(rounds[title], "cpu_us")) for title in (BY_HAND, EMITTED)}
    return columns(rows, "CPU µs of a request")
