"""Time limits, room, callers who leave, work after the answer, keys and rates."""

import asyncio
import base64
import re
import threading
import time
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from templates.runtime.auth import ApiKey, Basic, Bearer
from templates.runtime.errors import FlowError
from templates.runtime.host import Limits
from templates.runtime.pools import ConnectionPools
from templates.runtime.rate_limit import RateLimit
from templates.runtime.reply import Reply
from templates.runtime.tasks import TaskGroup
from templates.runtime.workflow import HttpTrigger
from tests.runtime.service_parts import Secrets, Slow, Told, make_app, serving, wait_until, workflow

PATH = "/api/v1/echo/execute"


def _in_thread(function: Any) -> tuple[threading.Thread, list[Any]]:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(function()), daemon=True)
    thread.start()
    return thread, found


def test_a_run_that_takes_too_long_is_answered_504(fast_path: bool) -> None:
    slow = Slow()
    with serving(make_app(workflow(slow), fast_path=fast_path, limits=Limits(run_timeout=0.1))) as server:
        answer = server.post()
        metrics = server.client.get("/metrics").text
    assert (answer.status_code, answer.json()["type"]) == (504, "urn:problem:timeout")
    assert (slow.cancelled, slow.finished) == (1, 0)
    assert 'workflow_runs_total{status="timeout",workflow="echo"} 1.0' in metrics


def test_a_workflow_may_have_its_own_time_limit(fast_path: bool) -> None:
    slow = Slow()
    with serving(make_app(workflow(slow, timeout=0.05), fast_path=fast_path)) as server:
        assert server.post().status_code == 504


def test_a_body_that_never_arrives_is_given_up(fast_path: bool) -> None:
    def stalling() -> Any:
        yield b'{"query":'
        time.sleep(1.0)
        yield b'"ab"}'

    with serving(make_app(fast_path=fast_path, limits=Limits(run_timeout=0.2))) as server:
        answer = server.client.post(PATH, content=stalling(), headers={"content-type": "application/json"})
        again = server.post()
    assert answer.status_code == 408
    assert again.status_code == 200


def test_a_caller_who_leaves_cancels_the_run(fast_path: bool) -> None:
    slow = Slow()
    with serving(make_app(workflow(slow), fast_path=fast_path)) as server:
        with pytest.raises(httpx2.ReadTimeout):
            server.post(timeout=0.1)
        wait_until(lambda: slow.cancelled == 1)
        metrics = server.client.get("/metrics").text
    assert 'workflow_runs_in_flight{workflow="echo"} 0.0' in metrics
    assert 'workflow_runs_total{status="cancelled",workflow="echo"} 1.0' in metrics


def test_when_full_further_runs_are_refused_at_once(fast_path: bool) -> None:
    slow = Slow()
    with serving(make_app(workflow(slow), fast_path=fast_path, limits=Limits(concurrency=2))) as server:
        waiting = [_in_thread(server.post) for _ in range(2)]
        wait_until(lambda: slow.started == 2)
        refused = server.post()
        slow.let_go.set()
        for thread, _ in waiting:
            thread.join(5)
        after = server.post()
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["type"] == "urn:problem:overload"
    assert [found[0].status_code for _, found in waiting] == [200, 200]
    assert after.status_code == 200


def test_work_goes_on_after_an_early_answer(fast_path: bool) -> None:
    slow = Slow()

    async def run(ctx: Any) -> Told:
        ctx.respond(Reply({"accepted": True}, 202))
        ctx.respond(Reply({"accepted": False}, 200))
        return await slow(ctx)

    with serving(make_app(workflow(run, continues=True), fast_path=fast_path)) as server:
        answer = server.post()
        assert (answer.status_code, answer.json()) == (202, {"accepted": True})
        assert slow.finished == 0
        slow.let_go.set()
        wait_until(lambda: slow.finished == 1)


def test_a_workflow_that_may_go_on_can_also_just_end_or_fail(fast_path: bool) -> None:
    async def run(ctx: Any) -> Told:
        if ctx.input["query"] == "fail":
            raise FlowError("broken", kind="http", status=502)
        return {"text": "ended"}

    with serving(make_app(workflow(run, continues=True), fast_path=fast_path)) as server:
        ended, failed = server.post(), server.post({"query": "fail"})
    assert (ended.status_code, ended.json(), failed.status_code) == (200, {"text": "ended"}, 502)


def test_a_caller_who_leaves_before_the_answer_cancels_the_whole_run(fast_path: bool) -> None:
    slow = Slow()
    with serving(make_app(workflow(slow, continues=True), fast_path=fast_path)) as server:
        with pytest.raises(httpx2.ReadTimeout):
            server.post(timeout=0.1)
        wait_until(lambda: slow.cancelled == 1)


def test_a_stop_waits_for_work_in_the_background(fast_path: bool) -> None:
    slow = Slow()

    async def run(ctx: Any) -> Told:
        ctx.respond(Reply(None, 202))
        return await slow(ctx)

    with serving(make_app(workflow(run, continues=True), fast_path=fast_path)) as server:
        assert server.post().status_code == 202
        threading.Timer(0.3, slow.let_go.set).start()
    assert (slow.finished, slow.cancelled) == (1, 0)


def test_a_stop_does_not_wait_for_ever(fast_path: bool) -> None:
    slow = Slow()

    async def run(ctx: Any) -> Told:
        ctx.respond(Reply(None, 202))
        return await slow(ctx)

    app = make_app(workflow(run, continues=True), fast_path=fast_path, limits=Limits(drain=0.2))
    with serving(app) as server:
        assert server.post().status_code == 202
    assert (slow.finished, slow.cancelled) == (0, 1)


def test_during_a_stop_running_requests_finish_and_new_ones_get_503(fast_path: bool) -> None:
    slow = Slow()
    with serving(make_app(workflow(slow), fast_path=fast_path)) as server:
        thread, found = _in_thread(server.post)
        wait_until(lambda: slow.started == 1)
        server.server.should_exit = True
        wait_until(lambda: server.client.get("/ready").status_code == 503)
        refused = server.post()
        slow.let_go.set()
        thread.join(5)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert found[0].status_code == 200


SECRETS = Secrets(SecretStr("first-key, second-key"))


@dataclass(frozen=True)
class UserAndPassword:
    user: SecretStr
    password: SecretStr


BASIC = UserAndPassword(SecretStr("ann"), SecretStr("pa:ss"))


def _basic(text: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}


@pytest.mark.parametrize(
    ("auth", "secrets", "headers", "status"),
    [
        (ApiKey(lambda s: s.api_keys), SECRETS, {"x-api-key": "first-key"}, 200),
        (ApiKey(lambda s: s.api_keys), SECRETS, {"x-api-key": "second-key"}, 200),
        (ApiKey(lambda s: s.api_keys), SECRETS, {"x-api-key": "third-key"}, 401),
        (ApiKey(lambda s: s.api_keys), SECRETS, {"x-api-key": ""}, 401),
        (ApiKey(lambda s: s.api_keys), SECRETS, {"x-api-key": "first-key, second-key"}, 401),
        (ApiKey(lambda s: s.api_keys), SECRETS, {}, 401),
        (ApiKey(lambda s: s.api_keys, header="X-Token"), SECRETS, {"x-token": "first-key"}, 200),
        (Bearer(lambda s: s.api_keys), SECRETS, {"authorization": "Bearer first-key"}, 200),
        (Bearer(lambda s: s.api_keys), SECRETS, {"authorization": "bearer second-key"}, 200),
        (Bearer(lambda s: s.api_keys), SECRETS, {"authorization": "first-key"}, 401),
        (Bearer(lambda s: s.api_keys), SECRETS, {"authorization": "Bearer"}, 401),
        (Basic(lambda s: s.user, lambda s: s.password), BASIC, _basic("ann:pa:ss"), 200),
        (Basic(lambda s: s.user, lambda s: s.password), BASIC, _basic("ann:wrong"), 401),
        (Basic(lambda s: s.user, lambda s: s.password), BASIC, {"authorization": "Basic %%%"}, 401),
    ],
)
def test_keys(auth: Any, secrets: Any, headers: dict[str, str], status: int, fast_path: bool) -> None:
    trigger = HttpTrigger("POST", PATH, auth=auth)
    app = make_app(workflow(trigger=trigger), secrets=secrets, fast_path=fast_path)
    with serving(app) as server:
        answer = server.post(headers=headers)
    assert answer.status_code == status
    if status == 401:
        assert answer.headers["www-authenticate"]
        assert answer.headers["content-type"] == "application/problem+json"
    schemes = app.openapi()["components"]["securitySchemes"]
    used = app.openapi()["paths"][PATH]["post"]["security"]
    assert set(schemes) == set(used[0])


def test_two_keys_in_one_request_are_none() -> None:
    trigger = HttpTrigger("POST", PATH, auth=ApiKey(lambda s: s.api_keys))
    with serving(make_app(workflow(trigger=trigger))) as server:
        answer = server.client.post(
            PATH, json={"query": "ab"}, headers=[("x-api-key", "first-key"), ("x-api-key", "wrong")]
        )
    assert answer.status_code == 401


def test_keys_are_looked_at_before_the_body_and_without_keys_nothing_starts(fast_path: bool) -> None:
    trigger = HttpTrigger("POST", PATH, auth=ApiKey(lambda s: s.api_keys))
    with serving(make_app(workflow(trigger=trigger), fast_path=fast_path)) as server:
        assert server.client.post(PATH, content=b"not json").status_code == 401
    with pytest.raises(ValueError, match="empty"):
        ApiKey(lambda s: s.api_keys).check(Secrets(SecretStr(" , ")))


def test_a_caller_who_comes_too_often_is_told_when_to_come_back(fast_path: bool) -> None:
    trigger = HttpTrigger("POST", PATH, rate_limit=RateLimit(3, 1.5))
    with serving(make_app(workflow(trigger=trigger), fast_path=fast_path)) as server:
        first = [server.post() for _ in range(4)]
        time.sleep(0.55)
        later = [server.post() for _ in range(2)]
    assert [each.status_code for each in first] == [200, 200, 200, 429]
    assert first[3].headers["retry-after"] == "1"
    assert first[3].json()["type"] == "urn:problem:rate-limit"
    assert [each.status_code for each in later] == [200, 429]


def test_callers_with_keys_have_an_allowance_each(fast_path: bool) -> None:
    trigger = HttpTrigger("POST", PATH, auth=ApiKey(lambda s: s.api_keys), rate_limit=RateLimit(1, 60.0))
    with serving(make_app(workflow(trigger=trigger), fast_path=fast_path)) as server:
        found = [
            server.post(headers={"x-api-key": key}).status_code for key in ("first-key", "second-key", "first-key")
        ]
    assert found == [200, 200, 429]


def test_the_rate_limit_forgets_callers_rather_than_grow() -> None:
    rate = RateLimit(1, 60.0, max_callers=100)

    async def scenario() -> None:
        for number in range(1000):
            await rate.take(f"caller-{number}", ConnectionPools())

    asyncio.run(scenario())
    assert len(rate._callers) == 100


def test_newcomers_are_let_in_while_others_keep_the_service_busy() -> None:
    """Those that are inside ask again and again; nobody at the door waits for all of them each time."""
    newcomers, served, late = 48, 0, 0
    all_at_the_door = threading.Event()

    async def run(ctx: Any) -> Told:
        nonlocal served
        served += 1
        if ctx.input["query"] == "first":
            all_at_the_door.wait(10)  # holds the whole loop, so that the others come in at the same time
        time.sleep(0.001)  # noqa: ASYNC251
        return {"text": ctx.input["query"]}

    async def ask(port: int, query: str, again: asyncio.Event) -> None:
        nonlocal late
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        body = b'{"query": "%s"}' % query.encode()
        head = b"POST /api/v1/echo/execute HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: %d"
        while True:
            writer.write(head % len(body) + b"\r\n\r\n" + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(re.findall(rb"content-length: (\d+)", answer)[0]))
            arrived.add(query)
            if len(arrived) == newcomers + 1 and not again.is_set():
                late = served
                again.set()
            if again.is_set():
                writer.close()
                return

    async def everybody(port: int) -> None:
        again = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(ask(port, "first", again))
            await asyncio.sleep(0.3)
            for number in range(newcomers):
                group.create_task(ask(port, f"number {number}", again))
            await asyncio.sleep(0.3)
            all_at_the_door.set()

    arrived: set[str] = set()
    with serving(make_app(workflow(run))) as server:
        asyncio.run(everybody(server.port))
    assert late < newcomers * 8


def test_the_time_limit_holds_after_a_group_has_failed(fast_path: bool) -> None:
    async def fails() -> None:
        await asyncio.sleep(0.01)
        raise FlowError("no", kind="raised", status=404)

    async def run(ctx: Any) -> Told:
        try:
            async with TaskGroup() as group:
                group.create_task(fails())
                group.create_task(asyncio.sleep(5))
        except FlowError:
            pass
        await asyncio.sleep(5)
        return {"text": "too late"}

    with serving(make_app(workflow(run), fast_path=fast_path, limits=Limits(run_timeout=0.2))) as server:
        answer = server.post()
    assert answer.status_code == 504
    assert answer.json()["title"] == "The run took too long"
