import asyncio
import tracemalloc

import pytest

from templates.runtime.errors import FlowError
from templates.runtime.tasks import TaskGroup, map_items, race, settled, staying_cancelled
from tests.runtime.support import Context, make_context, run


async def sleep_then(seconds: float, value: object = None, error: Exception | None = None) -> object:
    await asyncio.sleep(seconds)
    if error is not None:
        raise error
    return value


def test_a_group_raises_the_first_error_itself_with_its_cause():
    cancelled = []

    async def fails() -> None:
        try:
            raise KeyError("underneath")
        except KeyError as error:
            raise ValueError("first") from error

    async def waits() -> None:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            cancelled.append(1)
            raise

    async def scenario() -> None:
        async with TaskGroup() as group:
            group.create_task(waits())
            group.create_task(fails())
            await asyncio.sleep(5)

    with pytest.raises(ValueError, match="first") as caught:
        run(scenario())
    assert isinstance(caught.value.__cause__, KeyError)
    assert isinstance(caught.value.__context__, KeyError)
    assert cancelled == [1]


def test_a_group_that_failed_leaves_no_cancellation_behind() -> None:
    async def fails(inside: float) -> None:
        async with TaskGroup() as group:
            group.create_task(sleep_then(0.01, error=ValueError("first")))
            group.create_task(sleep_then(5.0))
            await asyncio.sleep(inside)

    async def scenario() -> None:
        for inside in (0.0, 5.0):  # while its tasks are waited for, and while its body still waits for something
            with pytest.raises(ValueError, match="first"):
                await fails(inside)
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await asyncio.sleep(5)

    run(scenario())


def test_a_cancellation_that_comes_while_a_group_fails_is_not_lost() -> None:
    async def slow_end() -> None:
        try:
            await asyncio.sleep(5)
        finally:
            await asyncio.sleep(0.05)

    async def work(reached: list[str]) -> None:
        try:
            async with TaskGroup() as group:
                group.create_task(slow_end())
                group.create_task(sleep_then(0.01, error=ValueError("first")))
        except ValueError:
            reached.append("caught")
        await asyncio.sleep(0)
        reached.append("went on")

    async def scenario() -> list[str]:
        reached: list[str] = []
        task = asyncio.create_task(work(reached))
        await asyncio.sleep(0.03)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return reached

    assert run(scenario()) == ["caught"]


def test_a_group_raises_the_error_of_its_body():
    async def scenario() -> None:
        async with TaskGroup() as group:
            group.create_task(asyncio.sleep(5))
            raise LookupError("body")

    with pytest.raises(LookupError):
        run(scenario())


async def group_of_sleepers() -> None:
    async with TaskGroup() as group:
        group.create_task(asyncio.sleep(5))


def test_a_group_gives_results_and_passes_cancellation_on():
    async def scenario() -> None:
        async with TaskGroup() as group:
            task = group.create_task(sleep_then(0.001, 7))
        assert task.result() == 7
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(group_of_sleepers(), 0.01)

    run(scenario())


async def double(ctx: Context, item: int, index: int) -> int:
    await asyncio.sleep(0.001 * (item % 3))
    ctx.set_output("double", item)
    if item == 13:
        raise FlowError("unlucky", kind="bad", status=400)
    return item * 2


@pytest.mark.parametrize("concurrency", [1, 2, 7, 50])
def test_map_keeps_the_order_of_the_input(concurrency):
    items = [5, 3, 8, 1, 9, 2, 7]
    ctx = make_context()
    assert run(map_items(ctx, items, double, concurrency=concurrency)) == [item * 2 for item in items]
    assert run(map_items(ctx, [], double, concurrency=concurrency)) == []


@pytest.mark.parametrize("concurrency", [1, 4])
def test_map_fails_skips_or_collects(concurrency):
    items = [1, 13, 2, 13, 3]
    ctx = make_context()
    with pytest.raises(FlowError):
        run(map_items(ctx, items, double, concurrency=concurrency))
    assert run(map_items(ctx, items, double, concurrency=concurrency, on_item_error="skip")) == [2, 4, 6]
    collected = run(map_items(ctx, items, double, concurrency=concurrency, on_item_error="collect"))
    assert collected["results"] == [2, 4, 6]
    assert [failed["index"] for failed in collected["errors"]] == [1, 3]
    assert collected["errors"][0]["error"] == {
        "kind": "bad", "status": 400, "title": "unlucky", "detail": None, "node": None
    }  # fmt: skip


def test_map_gives_each_concurrent_item_its_own_context():
    ctx = make_context()
    ctx.set_output("before", 1)
    seen = []

    async def look(item_ctx: Context, item: int, index: int) -> None:
        assert item_ctx is not ctx
        item_ctx.set_output("mine", item)
        await asyncio.sleep(0.001)
        seen.append((item_ctx.node_outputs.get("mine"), item, item_ctx.node_outputs.get("before")))

    run(map_items(ctx, list(range(20)), look, concurrency=5))
    assert all(mine == item and before == 1 for mine, item, before in seen)
    assert "mine" not in ctx.node_outputs


def test_map_runs_at_most_so_many_at_once_and_batches_do_not_overlap():
    running: set[int] = set()
    most = 0
    batches = []

    async def count(ctx: Context, item: int, index: int) -> None:
        nonlocal most
        running.add(index)
        most = max(most, len(running))
        batches.append({other // 4 for other in running})
        await asyncio.sleep(0.002)
        running.discard(index)

    run(map_items(make_context(), list(range(10)), count, concurrency=3))
    assert most == 3
    batches.clear()
    run(map_items(make_context(), list(range(10)), count, concurrency=8, batch=4))
    assert all(len(together) == 1 for together in batches)


def test_map_of_many_items_has_a_task_for_each_worker_only():
    async def scenario() -> int:
        most = 0

        async def count(ctx: Context, item: int, index: int) -> int:
            nonlocal most
            if index % 997 == 0:
                most = max(most, len(asyncio.all_tasks()))
                await asyncio.sleep(0)
            return item

        results = await map_items(make_context(), range(100_000), count, concurrency=8)
        assert len(results) == 100_000
        return most

    tracemalloc.start()
    assert run(scenario()) <= 10
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()


def test_a_race_is_won_by_the_first_that_succeeds_and_the_rest_is_stopped():
    stopped = []

    async def loser() -> str:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            await asyncio.sleep(0.01)
            stopped.append("loser")
            raise
        return "late"

    branches = {
        "broken": lambda: sleep_then(0.001, error=ValueError()),
        "loser": loser,
        "quick": lambda: sleep_then(0.01, "here"),
    }
    assert run(race(branches)) == {"branch": "quick", "output": "here"}
    assert stopped == ["loser"]


def test_a_race_that_nobody_wins_raises_what_failed_first():
    async def scenario() -> None:
        first_has_failed = asyncio.Event()

        async def first() -> None:
            first_has_failed.set()
            raise ValueError("first")

        async def second() -> None:
            await first_has_failed.wait()
            for _ in range(10):  # what ends in the same round of the loop counts as one moment
                await asyncio.sleep(0)
            raise ValueError("second")

        await race({"second": second, "first": first})

    with pytest.raises(ValueError, match="first"):
        run(scenario())


def test_a_cancelled_race_stops_all_branches():
    stopped = []

    async def waits(name: str) -> None:
        try:
            await asyncio.sleep(5)
        finally:
            stopped.append(name)

    async def scenario() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await race({"a": lambda: waits("a"), "b": lambda: waits("b")})

    run(scenario())
    assert sorted(stopped) == ["a", "b"]


def test_settled_says_of_each_branch_how_it_ended():
    branches = {
        "bad": lambda: sleep_then(0.0, error=FlowError("no", kind="http", status=502, upstream=404)),
        "good": lambda: sleep_then(0.01, 5),
    }
    result = run(settled(branches))
    assert list(result) == ["bad", "good"]
    assert result["good"] == {"ok": True, "output": 5, "error": None}
    assert result["bad"]["ok"] is False
    assert result["bad"]["error"]["status"] == 404


@pytest.mark.parametrize("fails", [False, True])
def test_what_is_cancelled_stays_cancelled_when_its_end_fails(fails: bool) -> None:
    async def main() -> tuple[bool, list[str]]:
        done: list[str] = []

        async def work() -> None:
            try:
                try:
                    await asyncio.sleep(60)
                finally:
                    with staying_cancelled():
                        done.append("end")
                        if fails:
                            raise ValueError
            except ValueError:
                done.append("caught")

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait((task,))
        return task.cancelled(), done

    assert run(main()) == (True, ["end"])


def test_an_error_at_the_end_is_an_error_where_nothing_is_cancelled() -> None:
    async def main() -> None:
        with staying_cancelled():
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        run(main())
