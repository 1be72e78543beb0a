import asyncio
import threading
from contextvars import ContextVar
from typing import Any

import pytest

from templates.runtime.errors import FlowError, NodeError
from templates.runtime.node import matches, node
from templates.runtime.python_call import call_async, call_in_thread
from tests.runtime.support import Context, make_context, run

WHO = ContextVar("who", default="nobody")


def test_a_function_runs_in_a_thread_with_the_context_of_the_run():
    def look(a: int, *, b: int) -> tuple[int, str, bool]:
        return a + b, WHO.get(), threading.current_thread() is threading.main_thread()

    async def scenario() -> None:
        WHO.set("me")
        assert await call_in_thread(look, 1, b=2) == (3, "me", False)

    run(scenario())


def test_a_function_may_change_what_it_is_given_and_nobody_else_sees_it():
    """What a cache keeps is one value for all callers: marks of one would be read by the next."""

    def mark(page: dict[str, Any], live: object) -> tuple[dict[str, Any], object]:
        page["seen_by"].append("me")
        page["rows"][0]["seen"] = True
        return page, live

    async def mark_soon(page: dict[str, Any], live: object) -> tuple[dict[str, Any], object]:
        return mark(page, live)

    async def scenario() -> None:
        kept, live = {"seen_by": ["somebody"], "rows": [{"id": 1}]}, object()
        for call in (call_in_thread(mark, kept, live=live), call_async(mark_soon, kept, live=live)):
            page, same = await call
            assert page == {"seen_by": ["somebody", "me"], "rows": [{"id": 1, "seen": True}]}
            assert same is live
        assert kept == {"seen_by": ["somebody"], "rows": [{"id": 1}]}

    run(scenario())


class OutOfStock(Exception):
    pass


def test_the_kind_of_a_users_exception_is_its_class():
    def sell() -> None:
        raise OutOfStock("customer 4711")

    @node("sell")
    async def sell_node(ctx: Context) -> None:
        await call_in_thread(sell)

    with pytest.raises(NodeError) as caught:
        run(sell_node(make_context()))
    assert caught.value.kind == "OutOfStock"
    assert matches(caught.value, ("OutOfStock",))
    assert "4711" not in str(caught.value.describe())


def test_stop_iteration_does_not_hang():
    def stop() -> None:
        raise StopIteration

    with pytest.raises(FlowError) as caught:
        run(call_in_thread(stop))
    assert caught.value.kind == "StopIteration"


def test_other_runs_go_on_meanwhile():
    release = threading.Event()

    async def scenario() -> None:
        waiting = asyncio.create_task(call_in_thread(release.wait, 5))
        await asyncio.sleep(0.01)
        release.set()
        assert await waiting is True

    run(scenario())
