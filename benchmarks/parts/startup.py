"""From start to the first answer, and memory when idle, without and with a model in the flow."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.bench import Bench, CannotMeasure, Round, Rounds
from benchmarks.contenders import BY_HAND, EMITTED, JSON, Contender, by_hand, dumped, emitted
from benchmarks.emitted import flow_text, write_flow
from benchmarks.service.work import order
from benchmarks.table import Goal, Line, over, plain
from catalyst.measure.exchange import Request
from catalyst.measure.servers import free_port, running

ORDER = 70
WITH_LLM = "emitted, with one LLM node"
ROOT = Path(__file__).parent.parent.parent


def measure(bench: Bench) -> Rounds:
    """Each round starts each once: seconds and CPU seconds to the first answer, and megabytes after it.

    The flow with a model has asked it once by then, over the stand-in: its SDK is loaded.
    """
    port = free_port()
    models = f"http://127.0.0.1:{port}"
    standin = [sys.executable, "-m", "tests.standin", "--port", str(port)]
    with tempfile.TemporaryDirectory() as plain_folder, tempfile.TemporaryDirectory() as llm_folder:
        write_flow(flow_text("three_nodes"), Path(plain_folder))
        write_flow(flow_text("one_llm"), Path(llm_folder))
        keys = {**os.environ, "OPENAI_BASE_URL": f"{models}/v1", "OPENAI_API_KEY": "stand-in"}
        with_llm = replace(emitted(Path(llm_folder)), path="/api/v1/one_llm/execute", env=keys)
        bodies = {EMITTED: dumped(order()), BY_HAND: dumped(order()), WITH_LLM: dumped({"question": "Who is Grace?"})}
        contenders = {
            EMITTED: emitted(Path(plain_folder)),
            BY_HAND: by_hand(BY_HAND, "fastapi_app"),
            WITH_LLM: with_llm,
        }
        with running(standin, Request(f"{models}/people"), cwd=ROOT):
            for name, contender in contenders.items():
                _start(bench, contender, bodies[name])  # writes the .pyc files, and does not count
            return bench.take_turns(contenders, lambda name: _start(bench, contenders[name], bodies[name]))


def _start(bench: Bench, contender: Contender, body: bytes) -> Round:
    port = free_port()
    request = Request(f"http://127.0.0.1:{port}{contender.path}", "POST", body, JSON)
    command = [part.replace("{port}", str(port)) for part in contender.command]
    with running(command, request, cwd=contender.folder, env=contender.env, cores=bench.cores().server) as server:
        if server.first.status != 200:
            raise CannotMeasure(f"{contender.title}: {server.first.status} {server.first.body[:300]!r}")
        memory = server.memory() or {}
        return {"seconds": server.seconds, "cpu_s": server.cpu_seconds() or 0.0, "pss_mb": memory.get("pss", 0.0)}


def lines(rounds: Rounds) -> list[Line]:
    """Start over that of FastAPI by hand; megabytes."""
    mine, theirs = rounds[EMITTED], rounds[BY_HAND]
    found = [
        over("start to first answer over FastAPI by hand", Goal("less", 1.15), mine, theirs, "seconds"),
        over("start to first answer over FastAPI by hand, in CPU time", Goal("less"), mine, theirs, "cpu_s"),
    ]
    for name, goal, what in ((EMITTED, Goal("less", 45), "without"), (WITH_LLM, Goal("less", 90), "with one")):
        if all(each["pss_mb"] for each in rounds[name]):
            found.append(plain(f"idle memory (PSS) {what} LLM node", goal, "MB", rounds[name], "pss_mb"))
    return found
