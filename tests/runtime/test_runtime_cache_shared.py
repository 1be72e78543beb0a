"""The cache over Redis: one of all processes computes, and without Redis everything is computed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from templates.runtime import cache_shared, store_patience
from templates.runtime.cache import CACHE, MemoryCache
from templates.runtime.cache_shared import SharedCache, cached_for_all
from templates.runtime.cached import cached
from templates.runtime.errors import FlowError, NodeError
from templates.runtime.pools import ConnectionPools
from templates.runtime.rate_limiter import RateLimiter
from templates.runtime.store import Limit
from templates.runtime.store_redis import RedisStore, redis_pool
from tests.runtime.support import make_context, run
from tests.servers import Door

REDIS = redis_pool("redis")
ANY: TypeAdapter[Any] = TypeAdapter(Any)
DOWN = "redis://127.0.0.1:1/0"


class Row(TypedDict):
    id: int


@asynccontextmanager
async def two_caches(url: str) -> AsyncIterator[tuple[SharedCache, SharedCache]]:
    """As in two processes: each with connections and callers of its own."""
    stores = RedisStore(url), RedisStore(url)
    yield SharedCache(stores[0]), SharedCache(stores[1])
    for store in stores:
        assert store.connections == 0
        await store.close()


def counting(value: object, seconds: float = 0.0) -> tuple[list[int], Callable[[], Coroutine[Any, Any, Any]]]:
    calls: list[int] = []

    async def compute() -> Any:
        calls.append(1)
        await asyncio.sleep(seconds)
        if isinstance(value, Exception):
            raise value
        return value

    return calls, compute


def test_one_of_a_thousand_callers_in_two_processes_computes(redis_url: str) -> None:
    async def scenario() -> None:
        calls, compute = counting({"a": [1, None]}, 0.05)
        async with two_caches(redis_url) as caches:
            asked = [caches[number % 2].get_or_compute(b"key", 60, ANY, compute) for number in range(1_000)]
            assert await asyncio.gather(*asked) == [{"a": [1, None]}] * 1_000
            assert len(calls) == 1

    run(scenario())


def test_a_kept_none_is_a_hit(redis_url: str) -> None:
    async def scenario() -> None:
        calls, compute = counting(None)
        async with two_caches(redis_url) as (one, other):
            assert await one.get_or_compute(b"key", 60, ANY, compute) is None
            assert await other.get_or_compute(b"key", 60, ANY, compute) is None
            assert len(calls) == 1

    run(scenario())


def test_what_is_kept_expires(redis_url: str) -> None:
    async def scenario() -> None:
        calls, compute = counting(1)
        async with two_caches(redis_url) as (one, other):
            await one.get_or_compute(b"key", 0.02, ANY, compute)
            await asyncio.sleep(0.04)
            await other.get_or_compute(b"key", 0.02, ANY, compute)
            assert len(calls) == 2

    run(scenario())


def test_others_compute_when_the_one_at_it_dies(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_shared, "_CLAIM_SECONDS", 0.1)

    async def scenario() -> None:
        calls, compute = counting("mine")
        async with two_caches(redis_url) as (_, other):
            dead = RedisStore(redis_url)
            assert await dead.find_or_claim(f"cache:{b'key'.hex()}", "dead", 0.1) is True
            await dead.close()
            assert await other.get_or_compute(b"key", 60, ANY, compute) == "mine"
            assert len(calls) == 1

    run(scenario())


def test_a_long_computation_keeps_its_claim(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_shared, "_CLAIM_SECONDS", 0.3)

    async def scenario() -> None:
        calls, compute = counting("slow", 1.0)
        async with two_caches(redis_url) as (one, other):
            asked = [each.get_or_compute(b"key", 60, ANY, compute) for each in (one, other)]
            assert await asyncio.gather(*asked) == ["slow", "slow"]
            assert len(calls) == 1

    run(scenario())


def test_who_is_cancelled_gives_up_the_claim(redis_url: str) -> None:
    async def scenario() -> None:
        _, forever = counting(1, 60)
        calls, quick = counting("quick")
        async with two_caches(redis_url) as (one, other):
            first = asyncio.create_task(one.get_or_compute(b"key", 60, ANY, forever))
            await asyncio.sleep(0.05)
            second = asyncio.create_task(other.get_or_compute(b"key", 60, ANY, quick))
            first.cancel()
            assert await second == "quick"
            assert len(calls) == 1

    run(scenario())


def test_errors_reach_all_and_are_kept_when_that_is_asked_for(redis_url: str) -> None:
    async def scenario() -> None:
        error = NodeError("not there", kind="http", status=502, upstream=404, node="rates")
        calls, compute = counting(error)
        async with two_caches(redis_url) as (one, other):
            for cache in (one, other):
                with pytest.raises(FlowError):
                    await cache.get_or_compute(b"not kept", 60, ANY, compute)
            assert len(calls) == 2
            for cache in (one, other):
                with pytest.raises(FlowError) as caught:
                    await cache.get_or_compute(b"kept", 60, ANY, compute, errors=60)
                assert caught.value.describe() == error.describe()
            assert len(calls) == 3

    run(scenario())


def test_errors_are_kept_in_memory_too() -> None:
    async def scenario() -> None:
        calls, compute = counting(NodeError("not there", kind="http", status=502, upstream=404, node="rates"))
        cache = MemoryCache()
        for _ in range(3):
            with pytest.raises(NodeError, match="not there"):
                await cache.get_or_compute(b"key", 60, compute, errors=0.05)
        assert len(calls) == 1
        await asyncio.sleep(0.06)
        with pytest.raises(NodeError):
            await cache.get_or_compute(b"key", 60, compute)
        assert len(calls) == 2

    run(scenario())


def test_what_does_not_fit_the_type_any_more_is_computed_anew(redis_url: str) -> None:
    async def scenario() -> None:
        rows: TypeAdapter[Row] = TypeAdapter(Row)
        calls, compute = counting({"id": 1})
        async with two_caches(redis_url) as (one, other):
            await one.get_or_compute(b"key", 60, ANY, counting({"id": "old"})[1])
            assert await other.get_or_compute(b"key", 60, rows, compute) == {"id": 1}
            assert await one.get_or_compute(b"key", 60, rows, compute) == {"id": 1}
            assert len(calls) == 1

    run(scenario())


def test_a_value_that_is_no_json_is_given_and_not_kept(redis_url: str) -> None:
    async def scenario() -> None:
        calls, compute = counting(b"\xff\xfe")
        async with two_caches(redis_url) as (one, other):
            for cache in (one, other):
                assert await cache.get_or_compute(b"key", 60, ANY, compute) == b"\xff\xfe"
            assert len(calls) == 2

    run(scenario())


def test_without_redis_everything_is_computed(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        calls, compute = counting("value")
        store = RedisStore(DOWN)
        cache = SharedCache(store)
        for _ in range(3):
            assert await cache.get_or_compute(b"key", 60, ANY, compute) == "value"
        together = [cache.get_or_compute(b"key", 60, ANY, compute) for _ in range(100)]
        assert await asyncio.gather(*together) == ["value"] * 100
        assert len(calls) == 4
        await store.close()

    run(scenario())
    assert [record.message for record in caplog.records] == ["the cache does not answer; everything is computed"]


def test_a_redis_that_is_stuck_is_waited_for_once(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_patience, "_FIRST_REST", 0.05)
    monkeypatch.setattr(cache_shared, "_REST_SECONDS", 0.05)
    door = Door(redis_url)

    async def scenario() -> None:
        calls, compute = counting("value")
        store = RedisStore(door.url, patience=0.05)
        cache = SharedCache(store)

        async def ask(key: bytes) -> object:
            return await cache.get_or_compute(key, 60, ANY, compute)

        assert [await ask(b"kept"), await ask(b"kept"), len(calls)] == ["value", "value", 1]
        door.freeze()
        # More than there are connections, so that some have not even asked.
        assert await asyncio.gather(*(ask(b"%d" % number) for number in range(200))) == ["value"] * 200
        assert len(calls) == 201
        with pytest.raises(FlowError, match="cannot be reached"):
            await RateLimiter(store).wait(Limit("any", 1, 60.0))
        await ask(b"kept")
        assert len(calls) == 202
        door.thaw()
        before = 0
        while len(calls) != before:
            before = len(calls)
            await ask(b"kept")
        # Redis does now what it was asked while it was stuck; nobody waits until those claims end.
        async with asyncio.timeout(cache_shared._CLAIM_SECONDS / 2):
            await asyncio.gather(*(ask(b"%d" % number) for number in range(100)))
        computed = len(calls)
        await asyncio.gather(*(ask(b"%d" % number) for number in range(100)))
        assert len(calls) == computed
        assert store.connections == 0
        await store.close()

    try:
        run(scenario())
    finally:
        door.remove()


def test_a_node_is_cached_for_all_or_in_memory(redis_url: str) -> None:
    async def scenario(address: str) -> None:
        calls, compute = counting([1])
        async with ConnectionPools.opened([CACHE, REDIS.at(address)]) as pools:
            for number in range(3):
                ctx = make_context(pools)
                assert await cached_for_all(ctx, REDIS, ANY, "node", ("q",), 60.0, compute) == [1]
                assert ctx.node_outputs["node"] == [1]
                assert len(calls) == 1, number
            await cached_for_all(make_context(pools), REDIS, ANY, "node", ("r",), 60.0, compute)
            await cached_for_all(make_context(pools), REDIS, ANY, "other", ("q",), 60.0, compute)
            assert len(calls) == 3

    run(scenario(redis_url))
    run(scenario(""))


@pytest.mark.parametrize("where", ["alone", "memory", "redis"])
def test_functions_of_ones_own_are_cached(where: str, request: pytest.FixtureRequest) -> None:
    calls: list[str] = []

    @cached(ttl=60, key=lambda text, loud=False: [text.lower(), loud])
    async def shout(text: str, loud: bool = False) -> str:
        calls.append(text)
        await asyncio.sleep(0.01)
        return text.upper()

    @cached(ttl=60, max_entries=2)
    async def plus_one(number: int) -> int:
        calls.append(str(number))
        return number + 1

    async def scenario() -> None:
        assert set(await asyncio.gather(*(shout("a") for _ in range(1_000)))) == {"A"}
        assert await shout("A") == "A"
        assert calls == ["a"]
        assert await shout("a", loud=True) == "A"
        assert len(calls) == 2
        assert [await plus_one(number) for number in (1, 2, 3, 3)] == [2, 3, 4, 4]
        assert calls[2:] == ["1", "2", "3"]
        await plus_one(1)
        # Memory had room for two; Redis has it for all.
        assert calls[5:] == ([] if where == "redis" else ["1"])

    async def around() -> None:
        if where == "alone":
            await scenario()
            return
        address = request.getfixturevalue("redis_url") if where == "redis" else ""
        async with ConnectionPools.opened([REDIS.at(address)]):
            await scenario()

    run(around())


def test_each_node_has_room_of_its_own() -> None:
    async def scenario() -> None:
        cache = MemoryCache()
        small, large = cache.space(("flow", "small"), 1), cache.space(("flow", "large"), 100)
        assert cache.space(("flow", "small"), 1) is small
        for number in range(50):
            small.keep(b"%d" % number, number, 60)
            large.keep(b"%d" % number, number, 60)
        assert (len(small), len(large)) == (1, 50)
        await cache.close()
        assert len(large) == 0

    run(scenario())
