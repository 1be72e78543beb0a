"""Callers at the same time: nothing of one run reaches the answer, the events, the errors or the log of another."""

import asyncio
import io
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx2

from templates.runtime import logs
from templates.runtime.cache import CACHE, MemoryCache, cached
from templates.runtime.errors import NodeError
from templates.runtime.node import node
from templates.runtime.pools import ConnectionPools
from templates.runtime.run_log import log_event
from templates.runtime.sse import EventStream
from templates.runtime.tasks import map_items
from tests.runtime.service_parts import Running, Told, events, make_app, serving, workflow

CALLERS = 24
ASK = {"accept": "text/event-stream"}


@node("kept")
async def kept(ctx: Any) -> str:
    async def compute() -> str:
        await asyncio.sleep(0.005)
        return f"kept of {ctx.input['query']}"

    found: str = await cached(ctx, "kept", (ctx.input["query"],), 60.0, compute)
    return found


@node("failing")
async def failing(ctx: Any) -> None:
    await asyncio.sleep(0.005)
    raise NodeError(f"no room for {ctx.input['query']}", kind="full", status=502, node="failing")


async def interleaved(ctx: Any) -> Told:
    """Gives way to the others after every step, and says what it sees as its own each time."""
    query = ctx.input["query"]
    ctx.set_output("shout", query)
    seen = [await kept(ctx)]

    async def item(inner: Any, part: str, index: int) -> str:
        await asyncio.sleep(0.001)
        inner.set_output("part", part)
        await asyncio.sleep(0.001)
        log_event(inner, "info", "part", f"{query} says {part}")
        return f"{inner.input['query']}/{inner.node_outputs['part']}"

    seen += await map_items(ctx, [f"{query}-{number}" for number in range(3)], item, concurrency=3)
    if ctx.events is not None:
        for word in seen:
            ctx.events.token("shout", word)
            await asyncio.sleep(0.001)
    ctx.set_output(f"only_{query}", query)
    if query.endswith("7"):
        await failing(ctx)
    return {"text": " ".join([*seen, ctx.node_outputs["shout"]])}


def _text(query: str) -> str:
    return " ".join([f"kept of {query}", *(f"{query}/{query}-{number}" for number in range(3)), query])


@contextmanager
def _service(fast_path: bool) -> Any:
    visible = ("shout", "kept", *(f"only_caller{number}" for number in range(CALLERS)))
    flow = workflow(interleaved, stream=EventStream(), visible=visible)
    pools = ConnectionPools({CACHE: MemoryCache()})
    with serving(make_app(flow, pools=pools, fast_path=fast_path)) as server:
        yield server


def _all_at_once(server: Running, headers: dict[str, str]) -> dict[str, httpx2.Response]:
    """Everybody calls twice, so that the second call finds what the first one left."""

    def call(query: str) -> httpx2.Response:
        with httpx2.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=20.0) as client:
            body = {"query": query}
            client.post("/api/v1/echo/execute", json=body, headers=headers)
            return client.post("/api/v1/echo/execute", json=body, headers=headers)

    queries = [f"caller{number}" for number in range(CALLERS)]
    with ThreadPoolExecutor(CALLERS) as pool:
        return dict(zip(queries, pool.map(call, queries), strict=True))


def _others(query: str, text: str) -> list[str]:
    """The callers beside `query` that are named in a text."""
    words = text.replace("/", " ").replace('"', " ").replace("-", " ").replace("_", " ").split()
    return [word for word in words if word.startswith("caller") and word.rstrip(",;") != query]


def test_answers_errors_and_timings_are_the_callers_own(fast_path: bool) -> None:
    with _service(fast_path) as server:
        found = _all_at_once(server, {})
    assert len({answer.headers["x-execution-id"] for answer in found.values()}) == CALLERS
    for query, answer in found.items():
        assert not _others(query, answer.text)
        timed = {part.partition(";")[0].strip() for part in answer.headers["server-timing"].split(",")}
        wanted = {"total", "shout", "kept", "part", f"only_{query}"}
        if query.endswith("7"):
            assert answer.status_code == 502
            assert answer.json()["title"] == f"no room for {query}"
            assert timed == wanted | {"failing"}
        else:
            assert answer.json() == {"text": _text(query)}
            assert timed == wanted


def test_streams_of_one_flow_have_their_own_events(fast_path: bool) -> None:
    with _service(fast_path) as server:
        found = _all_at_once(server, ASK)
    for query, answer in found.items():
        told = events(answer.text)
        assert not _others(query, answer.text)
        assert [int(id_) for id_, _, _ in told] == list(range(1, len(told) + 1))
        tokens = [json.loads(data)["text"] for _, event, data in told if event == "token"]
        assert tokens == _text(query).rsplit(" ", 1)[0].replace(f" {query}/", f"|{query}/").split("|")
        _, event, data = told[-1]
        last = json.loads(data)
        assert event == ("error" if query.endswith("7") else "done")
        assert last["execution_id"] == answer.headers["x-execution-id"]


def test_each_line_of_the_log_names_its_own_run(fast_path: bool) -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.JsonFormatter())
    logger = logging.getLogger("app")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with _service(fast_path) as server:
            found = _all_at_once(server, {})
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    runs: dict[str, set[str]] = {}
    for line in lines:
        if " says " in line["message"]:
            runs.setdefault(line["execution_id"], set()).add(line["message"].partition(" says ")[0])
    assert len(runs) == 2 * CALLERS
    assert all(len(queries) == 1 for queries in runs.values())
    assert {query: runs[answer.headers["x-execution-id"]] for query, answer in found.items()} == {
        query: {query} for query in found
    }
