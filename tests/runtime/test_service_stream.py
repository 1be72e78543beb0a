"""Event streams: framing, what is shown, errors, cancellation, back-pressure."""

import asyncio
import gc
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import with_config
from typing_extensions import TypedDict

from templates.runtime.errors import NodeError, RaisedError
from templates.runtime.host import Limits
from templates.runtime.reply import Reply
from templates.runtime.sse import EventStream
from templates.runtime.workflow import HttpTrigger
from tests.runtime.service_parts import STRICT, Slow, Told, events, make_app, serving, wait_until, workflow

CORPUS = Path(__file__).parents[1] / "corpus" / "payloads.jsonl"
PATH = "/api/v1/echo/execute"
ASK = {"accept": "text/event-stream"}


async def talk(ctx: Any) -> Told:
    ctx.set_output("shout", ctx.input["query"].upper())
    ctx.set_output("hidden", "not for clients")
    for piece in ("Hel", "lo"):
        if ctx.events is not None:
            ctx.events.token("shout", piece)
        await asyncio.sleep(0.01)
    return {"text": ctx.input["query"]}


def test_events_come_numbered_with_their_node(fast_path: bool) -> None:
    with serving(make_app(workflow(talk, stream=EventStream()), fast_path=fast_path)) as server:
        answer = server.post({"query": "hello"}, headers=ASK)
        plain = server.post({"query": "hello"})
    found = [(number, event, json.loads(data)) for number, event, data in events(answer.text)]
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-accel-buffering"] == "no"
    assert [number for number, _, _ in found] == ["1", "2", "3", "4"]
    assert [(event, data.get("output", data.get("text"))) for _, event, data in found[:3]] == [
        ("partial", "HELLO"),
        ("token", "Hel"),
        ("token", "lo"),
    ]
    done = found[-1][2]
    assert found[-1][1] == "done"
    assert done["output"] == {"text": "hello"} == plain.json()
    assert done["execution_id"] == answer.headers["x-execution-id"]
    assert {"total", "shout"} <= set(done["timings"])
    assert all("node" in data for _, _, data in found)
    assert "not for clients" not in answer.text
    assert plain.headers["content-type"] == "application/json"


def test_events_come_while_the_run_goes_on(fast_path: bool) -> None:
    slow = Slow()

    async def run(ctx: Any) -> Told:
        ctx.set_output("shout", "first")
        return await slow(ctx)

    with serving(make_app(workflow(run, stream=EventStream()), fast_path=fast_path)) as server:  # noqa: SIM117
        with server.client.stream("POST", "/api/v1/echo/execute", json={"query": "ab"}, headers=ASK) as answer:
            lines = answer.iter_lines()
            assert next(lines) == "id: 1"
            assert slow.finished == 0
            slow.let_go.set()
            assert "event: done" in list(lines)


NO_STREAM = [
    "application/json",
    "*/*",
    "text/event-stream;q=0",
    "text/html",
    "text/event-stream;q=0.5, application/json",
    "application/json;q=0.9, text/event-stream; q=0.8",
]


@pytest.mark.parametrize("accept", NO_STREAM)
def test_who_does_not_ask_for_a_stream_gets_json(accept: str, fast_path: bool) -> None:
    with serving(make_app(workflow(talk, stream=EventStream()), fast_path=fast_path)) as server:
        answer = server.post({"query": "hello"}, headers={"accept": accept})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "accept",
    [
        "text/event-stream",
        "application/json, text/event-stream",
        "TEXT/Event-Stream;q=0.3, */*",
        "*/*, text/event-stream",
    ],
)
def test_who_asks_for_a_stream_by_name_gets_one(accept: str, fast_path: bool) -> None:
    with serving(make_app(workflow(talk, stream=EventStream()), fast_path=fast_path)) as server:
        # A stream begins at its beginning, whatever a client says to have seen of another one.
        answer = server.post({"query": "hello"}, headers={"accept": accept, "last-event-id": "77"})
        others = [server.client.request(method, "/api/v1/echo/execute") for method in ("HEAD", "OPTIONS", "GET")]
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert events(answer.text)[0][0] == "1"
    assert [each.status_code for each in others] == [405] * 3
    assert {each.headers["allow"] for each in others} == {"POST"}


def test_a_trigger_chooses_what_is_seen(fast_path: bool) -> None:
    trigger = HttpTrigger("POST", "/api/v1/echo/execute", events=("token", "done"))
    with serving(make_app(workflow(talk, stream=EventStream(), trigger=trigger), fast_path=fast_path)) as server:
        answer = server.post({"query": "hello"}, headers=ASK)
    assert [event for _, event, _ in events(answer.text)] == ["token", "token", "done"]


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (NodeError("crm is down", kind="http", status=502, node="crm"), "crm is down"),
        (ValueError("hunter2"), "Internal error"),
    ],
)
def test_an_error_after_the_first_event_is_an_event(error: Exception, title: str, fast_path: bool) -> None:
    async def run(ctx: Any) -> Told:
        ctx.set_output("shout", "first")
        await asyncio.sleep(0.05)
        raise error

    with serving(make_app(workflow(run, stream=EventStream()), fast_path=fast_path)) as server:
        answer = server.post({"query": "ab"}, headers=ASK)
    assert answer.status_code == 200
    assert [event for _, event, _ in events(answer.text)] == ["partial", "error"]
    problem = json.loads(events(answer.text)[-1][2])
    assert problem["title"] == title
    assert problem["execution_id"] == answer.headers["x-execution-id"]
    assert "node" in problem
    assert "hunter2" not in answer.text


def test_an_error_before_the_first_event_has_its_status(fast_path: bool) -> None:
    async def run(ctx: Any) -> Told:
        raise RaisedError("No seats", status=409)

    with serving(make_app(workflow(run, stream=EventStream()), fast_path=fast_path)) as server:
        raised = server.post({"query": "ab"}, headers=ASK)
        invalid = server.post({"query": 1}, headers=ASK)
    assert (raised.status_code, raised.json()["title"]) == (409, "No seats")
    assert invalid.status_code == 422


def test_a_run_that_takes_too_long_ends_the_stream_with_an_error(fast_path: bool) -> None:
    slow = Slow()

    async def run(ctx: Any) -> Told:
        ctx.set_output("shout", "first")
        return await slow(ctx)

    with serving(make_app(workflow(run, stream=EventStream(), timeout=0.1), fast_path=fast_path)) as server:
        answer = server.post({"query": "ab"}, headers=ASK)
    assert json.loads(events(answer.text)[-1][2])["status"] == 504
    assert slow.cancelled == 1


def test_an_early_reply_is_the_end_of_the_stream(fast_path: bool) -> None:
    async def run(ctx: Any) -> Reply:
        ctx.set_output("shout", "first")
        return Reply({"detail": "no match"}, 404)

    with serving(make_app(workflow(run, stream=EventStream()), fast_path=fast_path)) as server:
        answer = server.post({"query": "ab"}, headers=ASK)
    done = json.loads(events(answer.text)[-1][2])
    assert (done["output"], done["status"]) == ({"detail": "no match"}, 404)


def test_a_reply_with_work_left_ends_the_stream_and_the_work_goes_on(fast_path: bool) -> None:
    slow = Slow()

    async def run(ctx: Any) -> Told:
        ctx.respond(Reply({"accepted": True}, 202))
        return await slow(ctx)

    with serving(make_app(workflow(run, stream=EventStream(), continues=True), fast_path=fast_path)) as server:
        answer = server.post({"query": "ab"}, headers=ASK)
        assert json.loads(events(answer.text)[-1][2])["status"] == 202
        assert slow.finished == 0
        slow.let_go.set()
        wait_until(lambda: slow.finished == 1)


def test_a_client_that_leaves_cancels_the_run(fast_path: bool) -> None:
    slow = Slow()

    async def run(ctx: Any) -> Told:
        ctx.set_output("shout", "first")
        return await slow(ctx)

    with serving(make_app(workflow(run, stream=EventStream()), fast_path=fast_path)) as server:
        with server.client.stream("POST", "/api/v1/echo/execute", json={"query": "ab"}, headers=ASK) as answer:
            next(answer.iter_lines())
        wait_until(lambda: slow.cancelled == 1)
        assert 'workflow_runs_in_flight{workflow="echo"} 0.0' in server.client.get("/metrics").text


def test_a_run_that_fails_when_its_client_leaves_is_not_forgotten(
    fast_path: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """asyncio complains of an error that nobody looked at, with all that it says."""
    ended: list[bool] = []

    async def run(ctx: Any) -> Told:
        ctx.set_output("shout", "first")
        try:
            await asyncio.sleep(30)
        finally:
            ended.append(True)
            raise ValueError("of the run")

    with serving(make_app(workflow(run, stream=EventStream()), fast_path=fast_path)) as server:
        with server.client.stream("POST", "/api/v1/echo/execute", json={"query": "ab"}, headers=ASK) as answer:
            next(answer.iter_lines())
        wait_until(lambda: bool(ended))
        wait_until(lambda: 'in_flight{workflow="echo"} 0.0' in server.client.get("/metrics").text)
        gc.collect()
    assert "never retrieved" not in caplog.text


def test_comments_keep_the_connection_awake(fast_path: bool) -> None:
    slow = Slow()
    stream = EventStream(heartbeat=0.05, patience=0.05)
    with serving(make_app(workflow(slow, stream=stream), fast_path=fast_path)) as server:  # noqa: SIM117
        with server.client.stream("POST", "/api/v1/echo/execute", json={"query": "ab"}, headers=ASK) as answer:
            lines = answer.iter_lines()
            assert [next(lines) for _ in range(4)] == [": still here", "", ": still here", ""]
            slow.let_go.set()
            assert "event: done" in list(lines)


def test_an_output_that_is_no_json_does_not_break_the_stream(fast_path: bool) -> None:
    async def run(ctx: Any) -> Told:
        ctx.set_output("shout", object())
        await asyncio.sleep(0.05)
        return {"text": "fine"}

    with serving(make_app(workflow(run, stream=EventStream()), fast_path=fast_path)) as server:
        found = events(server.post({"query": "ab"}, headers=ASK).text)
    assert [event for _, event, _ in found] == ["partial", "done"]


def test_a_slow_client_loses_no_text(fast_path: bool) -> None:
    async def run(ctx: Any) -> Told:
        for number in range(5000):
            ctx.events.token("shout", f"{number} ")
        ctx.set_output("shout", "end")
        return {"text": ""}

    stream = EventStream(max_waiting=10)
    with serving(make_app(workflow(run, stream=stream), fast_path=fast_path)) as server:
        found = events(server.post({"query": "ab"}, headers=ASK).text)
    text = "".join(json.loads(data)["text"] for _, event, data in found if event == "token")
    assert text == "".join(f"{number} " for number in range(5000))
    assert len(found) <= 12


def test_a_client_that_takes_nothing_loses_its_place(fast_path: bool) -> None:
    async def run(ctx: Any) -> Told:
        for number in range(200):
            if ctx.events is not None:
                ctx.events.partial("shout", f"{number}" * 20_000)
                await asyncio.sleep(0.002)
        return {"text": ""}

    app = make_app(workflow(run, stream=EventStream(stall=0.2)), fast_path=fast_path, limits=Limits(concurrency=1))
    with serving(app) as server, server.client.stream("POST", PATH, json={"query": "ab"}, headers=ASK) as stuck:
        assert stuck.status_code == 200
        wait_until(lambda: server.post({"query": "cd"}).status_code == 200)


@with_config(STRICT)
class Anything(TypedDict):
    query: Any


INJECTIONS = [
    json.loads(line)
    for line in CORPUS.read_text(encoding="utf-8").splitlines()
    if '"json_body"' in line and ('"sse_injection"' in line or '"second_order"' in line or '"prompt_injection"' in line)
]


@pytest.mark.parametrize("line", INJECTIONS, ids=lambda each: each["id"])
def test_no_text_can_forge_an_event(line: dict[str, Any], fast_path: bool) -> None:
    if "query" not in json.loads(line["payload"]):
        pytest.skip("not about this input")

    async def run(ctx: Any) -> dict[str, Any]:
        value = ctx.input["query"]
        ctx.set_output("shout", value)
        if ctx.events is not None and isinstance(value, str):
            ctx.events.token("shout", value)
        return {"text": value}

    flow = workflow(run, stream=EventStream(), input_type=Anything, output_type=dict[str, Any])
    with serving(make_app(flow, fast_path=fast_path)) as server:
        headers = {**ASK, "content-type": "application/json"}
        answer = server.client.post("/api/v1/echo/execute", content=line["payload"].encode(), headers=headers)
    value = json.loads(line["payload"])["query"]
    found = [(event, json.loads(data)) for _, event, data in events(answer.text)]
    assert [event for event, _ in found] == ["partial", *(["token"] if isinstance(value, str) else []), "done"]
    assert found[0][1]["output"] == value
    assert found[-1][1]["output"] == {"text": value}
    # Clients that split lines as Python does see the same events.
    assert len([each for each in answer.text.splitlines() if each.startswith("data:")]) == len(found)
    assert isinstance(answer, httpx2.Response)
