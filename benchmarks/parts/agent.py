"""An agent that calls three tools, one after the other: the time of a request beyond that of the model and the tools.

The tools take no time, and what the model takes is what its four answers take when the same questions are put to it
directly: what remains is the service and the provider's SDK.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.bench import Bench, CannotMeasure, Round, Rounds
from benchmarks.contenders import EMITTED, SERVICE, UVICORN, Running, emitted, start
from benchmarks.emitted import flow_text, write_flow
from benchmarks.table import Goal, Line, plain
from catalyst.measure.exchange import Connection, Request
from catalyst.measure.servers import free_port, running

ORDER = 57
THREE = "an agent with three tool calls"
PATH = "/api/v1/agent_three/execute"
BODY = b'{"question": "How are things?"}'
GIVEN = {"text": "All is well.", "results": [1, 2, 3]}
ASKED = 100
"""Requests in a round."""


def measure(bench: Bench) -> Rounds:
    """Milliseconds of a request beyond the model's own."""
    model = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, *UVICORN, "tool_model_app:app", "--port", model.rpartition(":")[2]]
    env = {**os.environ, "OPENAI_BASE_URL": f"{model}/v1", "OPENAI_API_KEY": "key"}
    with tempfile.TemporaryDirectory() as folder:
        write_flow(flow_text("agent_three"), Path(folder))
        with (
            running(command, Request(model), cwd=SERVICE, cores=bench.cores().load),
            start(bench, [emitted(Path(folder), path=PATH, env=env)], BODY) as servers,
        ):
            if not servers:
                raise CannotMeasure("the emitted service did not start")
            if servers[EMITTED].answer(BODY) != (200, GIVEN):
                raise CannotMeasure("the agent does not answer as it should")
            return bench.take_turns([THREE], lambda _: _round(servers[EMITTED], _questions(model)))


def _questions(model: str) -> list[Request]:
    """What the model was asked for the last request."""
    with Connection(model) as connection:
        asked = json.loads(connection.ask(Request(model)).body)
    return [Request(f"{model}/v1/chat/completions", "POST", json.dumps(each).encode()) for each in asked]


def _round(service: Running, questions: Sequence[Request]) -> Round:
    """The service and the model take turns."""
    whole, model, request = [], [], service.request(BODY)
    before = service.server.cpu_seconds() or 0.0
    with Connection(request.url) as to_service, Connection(questions[0].url) as to_model:
        for _ in range(ASKED):
            whole.append(_asked(to_service, request))
            model.append(sum(_asked(to_model, question) for question in questions))
    cpu = ((service.server.cpu_seconds() or 0.0) - before) * 1000 / ASKED
    return {"beyond_ms": median(whole) - median(model), "cpu_ms": cpu}


def _asked(connection: Connection, request: Request) -> float:
    """Milliseconds until the answer."""
    began = time.perf_counter()
    answer = connection.ask(request)
    took = (time.perf_counter() - began) * 1000
    if answer.status != 200:
        raise CannotMeasure(f"{request.url}: {answer.status} {answer.body[:500]!r}")
    return took


def lines(rounds: Rounds) -> list[Line]:
    """What a request takes beyond the model and the tools, and the CPU time of the service."""
    each = rounds[THREE]
    return [
        plain(f"{THREE}: time beyond the model's and the tools' own", Goal("less", 5.0), "ms", each, "beyond_ms"),
        plain(f"{THREE}: CPU time", Goal("less"), "ms", each, "cpu_ms"),
    ]
