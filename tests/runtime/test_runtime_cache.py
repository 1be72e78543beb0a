import asyncio
import time
from datetime import UTC, datetime

import pytest

from templates.runtime.cache import CACHE, MemoryCache, cache_key, cached
from templates.runtime.node import node
from tests.runtime.support import Context, make_context, run


def test_one_computes_and_all_others_wait():
    calls = []

    async def compute() -> str:
        calls.append(1)
        await asyncio.sleep(0.02)
        return "value"

    async def scenario() -> None:
        cache = MemoryCache()
        values = await asyncio.gather(*[cache.get_or_compute(b"k", 60, compute) for _ in range(1000)])
        assert set(values) == {"value"}
        assert len(calls) == 1

    run(scenario())


def test_a_cancelled_first_caller_strands_nobody():
    calls = []

    async def compute() -> str:
        calls.append(1)
        await asyncio.sleep(0.03)
        return "value"

    async def scenario() -> None:
        cache = MemoryCache()
        first = asyncio.create_task(cache.get_or_compute(b"k", 60, compute))
        await asyncio.sleep(0.005)
        second = asyncio.create_task(cache.get_or_compute(b"k", 60, compute))
        await asyncio.sleep(0.005)
        first.cancel()
        assert await second == "value"
        assert len(calls) == 1

    run(scenario())


def test_when_all_are_cancelled_the_computation_stops_and_the_next_starts_anew():
    ended = []

    async def compute() -> str:
        try:
            await asyncio.sleep(5)
        finally:
            ended.append(1)
        return "never"

    async def quick() -> str:
        return "anew"

    async def scenario() -> None:
        cache = MemoryCache()
        callers = [asyncio.create_task(cache.get_or_compute(b"k", 60, compute)) for _ in range(3)]
        await asyncio.sleep(0.005)
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
        assert await cache.get_or_compute(b"k", 60, quick) == "anew"
        await asyncio.sleep(0.005)
        assert ended == [1]

    run(scenario())


def test_an_error_reaches_all_who_wait_and_is_not_kept():
    async def fails() -> str:
        await asyncio.sleep(0.005)
        raise ValueError("no")

    async def works() -> str:
        return "yes"

    async def scenario() -> None:
        cache = MemoryCache()
        results = await asyncio.gather(
            *[cache.get_or_compute(b"k", 60, fails) for _ in range(3)], return_exceptions=True
        )
        assert [type(result) for result in results] == [ValueError] * 3
        assert await cache.get_or_compute(b"k", 60, works) == "yes"

    run(scenario())


def test_none_is_a_hit_and_time_and_size_bound_what_is_kept():
    cache = MemoryCache(max_entries=2)
    cache.keep(b"none", None, 60)
    assert cache.find(b"none") == (None,)
    cache.keep(b"short", 1, 0.01)
    time.sleep(0.02)
    assert cache.find(b"short") is None
    cache.keep(b"a", 1, 60)
    cache.find(b"none")
    cache.keep(b"b", 2, 60)
    assert cache.find(b"a") is None
    assert cache.find(b"none") == (None,)
    assert len(cache) == 2


def test_keys_are_equal_for_equal_data():
    assert cache_key("n", {"a": 1, "b": [1, 2]}) == cache_key("n", {"b": [1, 2], "a": 1})
    assert cache_key("n", 1) != cache_key("n", "1")
    assert cache_key("n", "a", "b") != cache_key("n", "ab")
    assert len(cache_key(2**80, "\ud83d")) == 32
    moment = datetime(2024, 1, 5, tzinfo=UTC)
    assert cache_key(2**80, moment, b"a") == cache_key(2**80, moment, b"a") != cache_key(2**80, moment, b"b")
    with pytest.raises(TypeError, match="object cannot be part of a cache key"):
        cache_key(object())


def test_a_cached_node_tells_every_run():
    calls = []

    @node("vector")
    async def vector(ctx: Context) -> list[float]:
        calls.append(1)
        await asyncio.sleep(0.005)
        return [1.0]

    async def scenario() -> None:
        pools = {CACHE: MemoryCache()}
        runs = [make_context(pools) for _ in range(4)]
        together = [cached(ctx, "vector", ("q",), 60.0, lambda ctx=ctx: vector(ctx)) for ctx in runs]
        assert await asyncio.gather(*together) == [[1.0]] * 4
        late = make_context(pools)
        assert await cached(late, "vector", ("q",), 60.0, lambda: vector(late)) == [1.0]
        assert len(calls) == 1
        for ctx in [*runs, late]:
            assert ctx.node_outputs["vector"] == [1.0]
            assert "vector" in ctx.timings
        assert await cached(late, "vector", ("other",), 60.0, lambda: vector(late)) == [1.0]
        assert len(calls) == 2

    run(scenario())


def test_closing_stops_what_is_being_computed():
    async def forever() -> None:
        await asyncio.sleep(60)

    async def scenario() -> None:
        cache = MemoryCache()
        caller = asyncio.create_task(cache.get_or_compute(b"k", 60, forever))
        await asyncio.sleep(0.005)
        await cache.close()
        with pytest.raises(asyncio.CancelledError):
            await caller

    run(scenario())
