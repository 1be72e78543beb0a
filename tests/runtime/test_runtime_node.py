import asyncio
import logging

import pytest

from templates.runtime.errors import ExpressionError, FlowError, NodeError, RaisedError
from templates.runtime.failures import FinalFailure, as_failure, matches
from templates.runtime.node import Retry, node, tolerate
from tests.runtime.support import Context, Watcher, make_context, run

QUICK = Retry(max_attempts=3, delay=0.001, max_delay=0.01)


class OutOfStock(LookupError):
    pass


def failing(*errors: Exception):
    """A function that raises each error once and then answers."""
    left = list(errors)

    async def work(ctx: Context) -> str:
        if left:
            raise left.pop(0)
        return "done"

    return work


def http_error(status: int, retry_after: float | None = None) -> FlowError:
    return FlowError("answered", kind="http", status=502, upstream=status, retry_after=retry_after)


def test_a_node_keeps_its_output_and_time_and_tells_the_watcher():
    watcher = Watcher()
    ctx = make_context(watcher=watcher)

    @node("price")
    async def price(ctx: Context, amount: int, *, tax: float = 0.0) -> float:
        await asyncio.sleep(0.01)
        return amount * (1 + tax)

    assert run(price(ctx, 100, tax=0.5)) == 150
    assert ctx.node_outputs == {"price": 150}
    assert 10e6 <= ctx.timings["price"] < 500e6
    assert watcher.partials == [("price", 150)]
    assert price.__name__ == "price"


def test_a_node_repeats_what_may_pass():
    work = node("a", retry=QUICK)(failing(http_error(503), TimeoutError()))
    assert run(work(make_context())) == "done"


@pytest.mark.parametrize(
    "error", [http_error(404), ExpressionError("no"), ValueError("x"), FinalFailure("cut", kind="timeout")]
)
def test_a_node_does_not_repeat_what_will_not_pass(error):
    work = node("a", retry=QUICK)(failing(error))
    with pytest.raises(NodeError) as caught:
        run(work(make_context()))
    assert caught.value.__cause__ is error


def test_the_last_error_is_raised_with_cause_and_every_attempt_is_logged(caplog):
    errors = [http_error(503), http_error(502), http_error(500)]
    work = node("score", retry=QUICK)(failing(*errors))
    with caplog.at_level(logging.WARNING), pytest.raises(NodeError) as caught:
        run(work(make_context()))
    assert caught.value.__cause__ is errors[2]
    assert (caught.value.node, caught.value.kind, caught.value.status, caught.value.upstream) == (
        "score",
        "http",
        502,
        500,
    )
    fields = [record.fields for record in caplog.records]
    assert [each.get("attempt") for each in fields] == [1, 2, None]
    assert all(each["node"] == "score" and each["workflow"] == "under_test" for each in fields)


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        (TimeoutError(), "timeout", 504),
        (ConnectionRefusedError(), "connection", 502),
        (ExpressionError("x"), "expression", 500),
        (http_error(404), "http", 502),
        (OutOfStock("secret text"), "OutOfStock", 500),
    ],
)
def test_errors_lead_to_a_kind_and_a_status_and_never_show_their_text(error, kind, status):
    with pytest.raises(NodeError) as caught:
        run(node("n")(failing(error))(make_context()))
    assert (caught.value.kind, caught.value.status, caught.value.node) == (kind, status, "n")
    assert "secret" not in str(caught.value.describe())


def test_a_raised_error_keeps_its_status_and_a_node_error_its_node():
    raised = RaisedError("no", status=409, node="stop")
    with pytest.raises(RaisedError) as caught:
        run(node("call")(failing(raised))(make_context()))
    assert caught.value is raised
    assert caught.value.status == 409
    inner = NodeError("x", kind="http", node="inner")
    with pytest.raises(NodeError) as deeper:
        run(node("call")(failing(inner))(make_context()))
    assert deeper.value.node == "inner"


def test_the_time_limit_is_for_each_attempt():
    attempts = []

    @node("slow", timeout=0.03, retry=QUICK)
    async def slow(ctx: Context) -> str:
        attempts.append(1)
        if len(attempts) < 3:
            await asyncio.sleep(5)
        return "at last"

    assert run(slow(make_context())) == "at last"
    assert len(attempts) == 3


def test_a_node_that_runs_out_of_time_is_a_timeout():
    @node("slow", timeout=0.01)
    async def slow(ctx: Context) -> None:
        await asyncio.sleep(5)

    with pytest.raises(NodeError) as caught:
        run(slow(make_context()))
    assert (caught.value.kind, caught.value.status) == ("timeout", 504)


def test_cancellation_passes_through_untouched():
    seen = []

    @node("wait", timeout=10, retry=QUICK)
    async def wait(ctx: Context) -> None:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def scenario() -> None:
        task = asyncio.create_task(wait(make_context()))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(scenario())
    assert seen == ["cancelled"]


def test_cancellation_during_the_pause_ends_the_node():
    work = node("a", retry=Retry(max_attempts=2, delay=10))(failing(http_error(503, retry_after=10)))

    async def scenario() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await work(make_context())

    run(scenario())


def test_retry_after_is_honoured_and_bounded():
    retry = Retry(max_delay=5.0)
    assert retry.pause(1, 2.0) == 2.0
    assert retry.pause(1, 3600.0) == 5.0
    assert retry.pause(1, -1.0) == 0.0


@pytest.mark.parametrize(
    ("backoff", "most"), [("exponential", [1, 2, 4, 5, 5]), ("linear", [1, 2, 3, 4, 5]), ("constant", [1] * 5)]
)
def test_backoff_grows_and_is_jittered(backoff, most):
    retry = Retry(max_attempts=9, delay=1.0, max_delay=5.0, backoff=backoff)
    for attempt, limit in enumerate(most, 1):
        pauses = [retry.pause(attempt) for _ in range(300)]
        assert 0 <= min(pauses) < limit * 0.2
        assert limit * 0.8 < max(pauses) <= limit
    assert retry.pause(10_000) <= 5.0


@pytest.mark.parametrize(
    ("error", "word", "expected"),
    [
        (http_error(409), "409", True),
        (http_error(409), "4xx", True),
        (http_error(409), "5xx", False),
        (http_error(409), "http", True),
        (http_error(409), "FlowError", True),
        (RaisedError("x", status=409), "4xx", True),
        (FlowError("x", kind="timeout", status=504), "5xx", False),
        (FlowError("x", kind="timeout", status=504), "timeout", True),
        (TimeoutError(), "timeout", True),
        (ConnectionResetError(), "connection", True),
        (OutOfStock(), "OutOfStock", True),
        (OutOfStock(), "LookupError", True),
        (OutOfStock(), "ValueError", False),
        (as_failure(OutOfStock(), "n"), "LookupError", True),
        (as_failure(OutOfStock(), "n"), "Exception", True),
        (ExpressionError("x"), "expression", True),
    ],
)
def test_words_of_catch_and_retry(error, word, expected):
    assert matches(error, ("nothing", word)) is expected


def test_matching_changes_nothing():
    error = OutOfStock()
    matches(error, ("timeout",))
    assert error.__cause__ is None


def test_a_tolerated_error_is_logged_as_a_warning(caplog):
    ctx = make_context()
    with caplog.at_level(logging.WARNING):
        tolerate(ctx, "profile", http_error(404))
    (record,) = caplog.records
    assert record.fields["node"] == "profile"
    assert record.fields["upstream"] == 404
    assert record.fields["execution_id"] == ctx.execution_id
