import asyncio
import threading
from contextvars import ContextVar

import pytest

from templates.runtime.errors import FlowError, NodeError
from templates.runtime.node import matches, node
from templates.runtime.python_call import call_in_thread
from tests.runtime.support import Context, make_context, run

WHO = ContextVar("who", default="nobody")


def test_a_function_runs_in_a_thread_with_the_context_of_the_run():
    def look(a: int, *, b: int) -> tuple[int, str, bool]:
        return a + b, WHO.get(), threading.current_thread() is threading.main_thread()

    async def scenario() -> None:
        WHO.set("me")
        assert await call_in_thread(look, 1, b=2) == (3, "me", False)

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
