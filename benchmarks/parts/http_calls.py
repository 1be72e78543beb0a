"""Five HTTP calls one after another, 16 callers: the emitted service, bare aiohttp, pooled httpx."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.bench import Bench, CannotMeasure, Rounds
from benchmarks.contenders import EMITTED, SERVICE, UVICORN, by_hand, emitted, race, start
from benchmarks.emitted import flow_text, write_flow
from benchmarks.table import Goal, Line, over, plain
from catalyst.measure.exchange import Request
from catalyst.measure.servers import free_port, running

ORDER = 45
PATH = "/api/v1/five_calls/execute"
BODY = b'{"start": 7}'
AIOHTTP, HTTPX = "bare aiohttp in a Starlette route", "pooled httpx in a Starlette route"
CALLERS = 16


def measure(bench: Bench) -> Rounds:
    """Flows/s and CPU a flow. The service that is called has a process of its own, on the core of the load."""
    port = free_port()
    items = f"http://127.0.0.1:{port}"
    command = [sys.executable, *UVICORN, "items_server:app", "--port", str(port)]
    env = {**os.environ, "API_URL": items}
    with tempfile.TemporaryDirectory() as folder:
        write_flow(flow_text("five_calls"), Path(folder))
        hands = [by_hand(AIOHTTP, "aiohttp_calls_app", PATH), by_hand(HTTPX, "httpx_calls_app", PATH)]
        contenders = [emitted(Path(folder), path=PATH, env=env), *(replace(each, env=env) for each in hands)]
        with (
            running(command, Request(f"{items}/items/1"), cwd=SERVICE, cores=bench.cores().load),
            start(bench, contenders, BODY) as servers,
        ):
            answers = {title: server.answer(BODY) for title, server in servers.items()}
            if len({json.dumps(answer, sort_keys=True) for answer in answers.values()}) != 1:
                raise CannotMeasure(f"the contenders do not give the same answer: {answers}")
            return race(bench, servers, BODY, connections=CALLERS)


def lines(rounds: Rounds) -> list[Line]:
    """Flows/s over both."""
    mine = rounds[EMITTED]
    found = [plain("five HTTP calls in a row, 16 callers: flows/s", Goal("more"), "/s", mine, "per_second")]
    for other, goal in ((AIOHTTP, Goal("more", 0.8)), (HTTPX, Goal("more", 4))):
        if other in rounds:
            what = f"five HTTP calls in a row, 16 callers: flows/s over {other}"
            found.append(over(what, goal, mine, rounds[other], "per_second"))
    return found
