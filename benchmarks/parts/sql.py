"""A database: four statements of 200 ms that do not need each other, and a row by its key, against PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median

import asyncpg

from benchmarks.bench import Bench, CannotMeasure, Round, Rounds
from benchmarks.contenders import EMITTED, by_hand, emitted, race, start
from benchmarks.emitted import flow_text, write_flow
from benchmarks.table import Goal, Line, over, plain
from catalyst.measure.exchange import Connection, Request
from tests.servers import database, postgres_server

ORDER = 47
FOUR = "four statements of 200 ms"
HAND = "bare asyncpg in FastAPI by hand"
KEY_PATH, FOUR_PATH = "/api/v1/sql_key/execute", "/api/v1/sql_four/execute"
BODY = b'{"id": 77}'
CALLERS = 16
ASKED = 10
"""Requests in a round, for what waits."""


def measure(bench: Bench) -> Rounds:
    """Milliseconds of the four; requests/s and CPU of the select."""
    with postgres_server() as server, database(server) as url:
        asyncio.run(_fill(url))
        env = {**os.environ, "DATABASE_URL": url}
        return {**_four(bench, env), **_by_key(bench, env)}


async def _fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "create table accounts (id int primary key, owner text not null, balance int not null)"
        )
        await connection.execute(
            "insert into accounts select n, 'owner ' || n, n * 10 from generate_series(1, 10000) n"
        )
    finally:
        await connection.close()


def _four(bench: Bench, env: Mapping[str, str]) -> Rounds:
    with tempfile.TemporaryDirectory() as folder:
        write_flow(flow_text("sql_four"), Path(folder))
        given = emitted(Path(folder), path=FOUR_PATH, env=env)
        with start(bench, [given], b"{}") as servers:
            if not servers:
                raise CannotMeasure("the emitted service did not start")
            request = servers[EMITTED].request(b"{}")
            return bench.take_turns([FOUR], lambda _: _milliseconds(request))


def _milliseconds(request: Request) -> Round:
    each = []
    with Connection(request.url) as connection:
        for _ in range(ASKED):
            began = time.perf_counter()
            answer = connection.ask(request)
            each.append((time.perf_counter() - began) * 1000)
            if answer.status != 200 or json.loads(answer.body) != {"all": [1, 2, 3, 4]}:
                raise CannotMeasure(f"{request.url}: {answer.status} {answer.body[:500]!r}")
    return {"ms": median(each)}


def _by_key(bench: Bench, env: Mapping[str, str]) -> Rounds:
    with tempfile.TemporaryDirectory() as folder:
        write_flow(flow_text("sql_key"), Path(folder))
        hand = replace(by_hand(HAND, "asyncpg_app", KEY_PATH), env=env)
        with start(bench, [emitted(Path(folder), path=KEY_PATH, env=env), hand], BODY) as servers:
            answers = {title: server.answer(BODY) for title, server in servers.items()}
            if len({json.dumps(answer, sort_keys=True) for answer in answers.values()}) != 1:
                raise CannotMeasure(f"the contenders do not give the same answer: {answers}")
            return race(bench, servers, BODY, connections=CALLERS)


def lines(rounds: Rounds) -> list[Line]:
    """The four together; the select over the same by hand."""
    what = f"a row by its key from PostgreSQL, {CALLERS} callers: requests/s"
    found = [
        plain("four statements of 200 ms that do not need each other", Goal("less", 205), "ms", rounds[FOUR], "ms"),
        plain(what, Goal("more"), "/s", rounds[EMITTED], "per_second"),
    ]
    if HAND in rounds:
        found.append(over(f"{what} over {HAND}", Goal("more", 1.5), rounds[EMITTED], rounds[HAND], "per_second"))
    return found
