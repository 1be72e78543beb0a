"""A model's stream of 200 tokens: what the emitted service adds, beside two ways to do it by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.bench import Bench, CannotMeasure, Round, Rounds
from benchmarks.contenders import EMITTED, SERVICE, UVICORN, Running, by_hand, emitted, start
from benchmarks.emitted import flow_text, write_flow
from benchmarks.table import Goal, Line, made_of
from catalyst.measure.cores import pinned
from catalyst.measure.exchange import Request
from catalyst.measure.servers import free_port, running

ORDER = 55
PATH = "/api/v1/llm_stream/execute"
BODY = b'{"question": "What is there to see?"}'
DIRECT, RAW, SDK = "the model itself", "passed through by hand", "the official SDK by hand"
STREAMS = 16
ONE_BY_ONE = 5
LIMIT = 120.0
"""Seconds that reading some streams may take."""


def measure(bench: Bench) -> Rounds:
    """`first_ms` to the first token of a single stream; `cpu_us` a token with 16 at a time."""
    port = free_port()
    model = f"http://127.0.0.1:{port}/v1/chat/completions"
    command = [sys.executable, *UVICORN, "model_server:app", "--port", str(port)]
    env = {**os.environ, "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", "OPENAI_API_KEY": "key"}
    with tempfile.TemporaryDirectory() as folder:
        write_flow(flow_text("llm_stream"), Path(folder))
        hands = [by_hand(RAW, "pass_through_app", PATH), by_hand(SDK, "sdk_stream_app", PATH)]
        contenders = [emitted(Path(folder), path=PATH, env=env), *(replace(each, env=env) for each in hands)]
        with (
            running(command, Request(model), cwd=SERVICE, cores=bench.cores().load),
            start(bench, contenders, BODY) as servers,
        ):
            if EMITTED not in servers:
                raise CannotMeasure("the emitted service did not start")
            for server in servers.values():
                _read(bench, server.url, STREAMS, 1)
            return bench.take_turns([DIRECT, *servers], lambda title: _round(bench, model, servers.get(title)))


def _round(bench: Bench, model: str, server: Running | None) -> Round:
    if server is None:
        return {"first_ms": median(_read(bench, model, 1, ONE_BY_ONE)["first_ms"])}
    first = median(_read(bench, server.url, 1, ONE_BY_ONE)["first_ms"])
    before = server.server.cpu_seconds() or 0.0
    tokens = _read(bench, server.url, STREAMS, 2)["tokens"]
    return {"first_ms": first, "cpu_us": ((server.server.cpu_seconds() or 0.0) - before) * 1e6 / tokens}


def _read(bench: Bench, url: str, streams: int, rounds: int) -> dict[str, Any]:
    """Read so many streams at a time, so often, on the core of the load."""
    command = [sys.executable, str(SERVICE / "stream_load.py"), url, str(streams), str(rounds)]
    with pinned(bench.cores().load):
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT)
    found: dict[str, Any] = json.loads(done.stdout)
    if not found["tokens"]:
        raise CannotMeasure(f"{url} streams nothing")
    return found


def lines(rounds: Rounds) -> list[Line]:
    """What each adds to the time to the first token, and what a token costs."""
    found = []
    for title, first, token in (
        (EMITTED, Goal("less", 3), Goal("less", 60)),
        (RAW, Goal("less"), Goal("less")),
        (SDK, Goal("less"), Goal("less")),
    ):
        if title in rounds:
            added = [one["first_ms"] - two["first_ms"] for one, two in zip(rounds[title], rounds[DIRECT], strict=True)]
            costs = [each["cpu_us"] for each in rounds[title]]
            found.append(made_of(f"LLM stream, {title}: added time to the first token", first, "ms", added))
            found.append(made_of(f"LLM stream, {title}: CPU time a token", token, "µs", costs))
    return found
