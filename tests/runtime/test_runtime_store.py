"""One suite for both stores: Redis, and memory in its place, mean the same."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from templates.runtime import redis_node
from templates.runtime.errors import CannotStart, ExpressionError, FlowError
from templates.runtime.pools import IN_MEMORY, ConnectionPools, PoolKey
from templates.runtime.store import Limit, Store, current_store
from templates.runtime.store_memory import MemoryStore, memory_pool
from templates.runtime.store_redis import RedisStore, redis_pool
from tests.runtime.support import Context, make_context, run

REDIS: PoolKey[Store] = redis_pool("redis")
Scenario = Callable[[Context], Awaitable[None]]


@pytest.fixture(params=["memory", "redis"])
def address(request: pytest.FixtureRequest) -> str:
    return IN_MEMORY if request.param == "memory" else str(request.getfixturevalue("redis_url"))


@asynccontextmanager
async def opened(address: str) -> AsyncIterator[Context]:
    """A context with the store. At the end no connection is in use."""
    async with ConnectionPools.opened([REDIS.at(address)]) as pools:
        yield make_context(pools)
        store = pools[REDIS]
        if isinstance(store, RedisStore):
            assert store.connections == 0


def play(address: str, scenario: Scenario) -> None:
    async def all_of_it() -> None:
        async with opened(address) as ctx:
            await scenario(ctx)

    run(all_of_it())


async def failing(call: Awaitable[Any]) -> FlowError:
    with pytest.raises(FlowError) as caught:
        await call
    return caught.value


@pytest.mark.parametrize(
    "value", [None, True, 0, -3, 1.5, "", "text", "é\u2028", [], [1, [2]], {}, {"a": {"b": None}}, 2**80]
)
def test_values_are_json(address: str, value: object) -> None:
    async def scenario(ctx: Context) -> None:
        assert await redis_node.set_value(ctx, REDIS, "key", value)
        assert await redis_node.get_value(ctx, REDIS, "key") == value
        assert type(await redis_node.get_value(ctx, REDIS, "key")) is type(value)

    play(address, scenario)


def test_what_is_not_there_is_none(address: str) -> None:
    async def scenario(ctx: Context) -> None:
        assert await redis_node.get_value(ctx, REDIS, "key") is None
        assert await redis_node.get_field(ctx, REDIS, "key", "field") is None
        assert await redis_node.pop_value(ctx, REDIS, "key") is None
        assert await redis_node.list_values(ctx, REDIS, "key") == []
        assert await redis_node.delete_keys(ctx, REDIS, "key") == 0
        assert await redis_node.expire_key(ctx, REDIS, "key", 10) is False
        assert await redis_node.publish(ctx, REDIS, "channel", {"a": 1}) == 0

    play(address, scenario)


def test_what_is_new_is_not_written_over(address: str) -> None:
    async def scenario(ctx: Context) -> None:
        assert await redis_node.set_value(ctx, REDIS, "key", 1, only_new=True) is True
        assert await redis_node.set_value(ctx, REDIS, "key", 2, only_new=True) is False
        assert await redis_node.get_value(ctx, REDIS, "key") == 1
        assert await redis_node.set_value(ctx, REDIS, "key", [3]) is True
        assert await redis_node.get_value(ctx, REDIS, "key") == [3]

    play(address, scenario)


def test_what_has_expired_is_gone(address: str) -> None:
    async def scenario(ctx: Context) -> None:
        await redis_node.set_value(ctx, REDIS, "short", 1, ttl="20ms")
        await redis_node.set_value(ctx, REDIS, "long", 1, ttl=60)
        await redis_node.set_value(ctx, REDIS, "kept", 1, ttl=0.02)
        await redis_node.set_value(ctx, REDIS, "kept", 2)
        await redis_node.add_to(ctx, REDIS, "count", 5)
        assert await redis_node.expire_key(ctx, REDIS, "count", 0.02) is True
        await redis_node.add_to(ctx, REDIS, "count")
        await asyncio.sleep(0.05)
        assert await redis_node.get_value(ctx, REDIS, "short") is None
        assert await redis_node.get_value(ctx, REDIS, "long") == 1
        assert await redis_node.get_value(ctx, REDIS, "kept") == 2
        assert await redis_node.get_value(ctx, REDIS, "count") is None
        assert await redis_node.set_value(ctx, REDIS, "short", 3, only_new=True) is True

    play(address, scenario)


def test_counting(address: str) -> None:
    async def scenario(ctx: Context) -> None:
        assert await redis_node.add_to(ctx, REDIS, "key") == 1
        assert await redis_node.add_to(ctx, REDIS, "key", 10) == 11
        assert await redis_node.add_to(ctx, REDIS, "key", -20) == -9
        assert await redis_node.get_value(ctx, REDIS, "key") == -9
        await redis_node.set_value(ctx, REDIS, "key", 2**63 - 1)
        assert (await failing(redis_node.add_to(ctx, REDIS, "key"))).kind == "redis"
        for value in ("1", 1.5, True, None, [1]):
            await redis_node.set_value(ctx, REDIS, "key", value)
            error = await failing(redis_node.add_to(ctx, REDIS, "key"))
            assert "no whole number" in error.title

    play(address, scenario)


def test_deleting_several(address: str) -> None:
    async def scenario(ctx: Context) -> None:
        for key in ("a", "b"):
            await redis_node.set_value(ctx, REDIS, key, 1)
        assert await redis_node.delete_keys(ctx, REDIS, ["a", "b", "b", "c"]) == 2
        assert await redis_node.delete_keys(ctx, REDIS, []) == 0

    play(address, scenario)


def test_hashes(address: str) -> None:
    async def scenario(ctx: Context) -> None:
        assert await redis_node.set_fields(ctx, REDIS, "key", {"a": 1, "b": {"c": 2}}) == 2
        assert await redis_node.set_fields(ctx, REDIS, "key", {"a": 3, "d": None}) == 1
        assert await redis_node.get_field(ctx, REDIS, "key", "a") == 3
        assert await redis_node.get_field(ctx, REDIS, "key", "b") == {"c": 2}
        assert await redis_node.get_field(ctx, REDIS, "key", "d") is None
        assert await redis_node.set_fields(ctx, REDIS, "key", {}) == 0

    play(address, scenario)


def test_lists(address: str) -> None:
    async def scenario(ctx: Context) -> None:
        assert await redis_node.push_value(ctx, REDIS, "key", 1) == 1
        assert await redis_node.push_value(ctx, REDIS, "key", 2) == 2
        assert await redis_node.push_value(ctx, REDIS, "key", {"n": 3}) == 3
        assert await redis_node.list_values(ctx, REDIS, "key") == [{"n": 3}, 2, 1]
        for start, stop, wanted in ((0, 0, [{"n": 3}]), (1, -1, [2, 1]), (-2, 10, [2, 1]), (-9, -3, [{"n": 3}])):
            assert await redis_node.list_values(ctx, REDIS, "key", start, stop) == wanted
        for start, stop in ((2, 1), (5, 9), (-1, -2), (0, -9)):
            assert await redis_node.list_values(ctx, REDIS, "key", start, stop) == []
        assert [await redis_node.pop_value(ctx, REDIS, "key") for _ in range(4)] == [1, 2, {"n": 3}, None]
        assert await redis_node.delete_keys(ctx, REDIS, "key") == 0

    play(address, scenario)


def test_a_key_holds_one_kind_of_thing(address: str) -> None:
    async def scenario(ctx: Context) -> None:
        await redis_node.push_value(ctx, REDIS, "list", 1)
        await redis_node.set_value(ctx, REDIS, "value", "secret text")
        for call in (
            redis_node.get_value(ctx, REDIS, "list"),
            redis_node.add_to(ctx, REDIS, "list"),
            redis_node.get_field(ctx, REDIS, "value", "a"),
            redis_node.set_fields(ctx, REDIS, "list", {"a": 1}),
            redis_node.push_value(ctx, REDIS, "value", 1),
            redis_node.pop_value(ctx, REDIS, "value"),
            redis_node.list_values(ctx, REDIS, "value"),
        ):
            error = await failing(call)
            assert (error.kind, error.status) == ("redis", 500)
            assert "secret" not in f"{error} {error.detail}"
        await redis_node.set_value(ctx, REDIS, "list", "over it")
        assert await redis_node.get_value(ctx, REDIS, "list") == "over it"

    play(address, scenario)


def test_what_is_no_json_is_an_error_without_the_text(address: str) -> None:
    async def scenario(ctx: Context) -> None:
        await ctx.pools[REDIS].set("key", b"plain secret")
        error = await failing(redis_node.get_value(ctx, REDIS, "key"))
        assert error.title == "the key holds something that is no JSON"

    play(address, scenario)


def test_a_time_to_live_is_more_than_nothing(address: str) -> None:
    async def scenario(ctx: Context) -> None:
        for ttl in (0, -1, "0s"):
            error = await failing(redis_node.set_value(ctx, REDIS, "key", 1, ttl=ttl))
            assert isinstance(error, FlowError)
        with pytest.raises(ExpressionError, match="`ttl` needs seconds"):
            await redis_node.set_value(ctx, REDIS, "key", 1, ttl="soon")
        assert await redis_node.get_value(ctx, REDIS, "key") is None

    play(address, scenario)


def test_locks_are_held_by_one_and_fences_grow(address: str) -> None:
    async def scenario(ctx: Context) -> None:
        first = await redis_node.take_lock(ctx, REDIS, "door", "10s")
        error = await failing(redis_node.take_lock(ctx, REDIS, "door", "10s"))
        assert (error.kind, error.status, error.upstream, error.retry_after) == ("locked", 409, 409, 1.0)
        assert (await redis_node.take_lock(ctx, REDIS, "other", "10s"))["fence"] == 1
        assert await redis_node.release_lock(ctx, REDIS, "door", "another") is False
        assert await redis_node.release_lock(ctx, REDIS, "door", first["token"]) is True
        assert await redis_node.release_lock(ctx, REDIS, "door", first["token"]) is False
        second = await redis_node.take_lock(ctx, REDIS, "door", 0.02)
        # It ends by itself, and the one who held it cannot let go of what another holds now.
        third = await redis_node.take_lock(ctx, REDIS, "door", "10s", wait="5s")
        assert await redis_node.release_lock(ctx, REDIS, "door", second["token"]) is False
        assert first["fence"] < second["fence"] < third["fence"]
        assert third["waited_ms"] > 0

    play(address, scenario)


def test_a_lock_keeps_others_out(address: str) -> None:
    async def scenario(ctx: Context) -> None:
        inside = most = 0
        fences = []

        async def work() -> None:
            nonlocal inside, most
            held = await redis_node.take_lock(ctx, REDIS, "door", "10s", wait="15s")
            inside += 1
            most = max(most, inside)
            fences.append(held["fence"])
            await asyncio.sleep(0.002)
            inside -= 1
            await redis_node.release_lock(ctx, REDIS, "door", held["token"])

        await asyncio.gather(*(work() for _ in range(12)))
        assert most == 1
        assert fences == sorted(set(fences))

    play(address, scenario)


def test_who_is_cancelled_while_it_waits_holds_no_lock(address: str) -> None:
    async def scenario(ctx: Context) -> None:
        held = await redis_node.take_lock(ctx, REDIS, "door", "10s")
        waiting = [asyncio.create_task(redis_node.take_lock(ctx, REDIS, "door", "10s", wait="10s")) for _ in range(5)]
        await asyncio.sleep(0.03)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await redis_node.release_lock(ctx, REDIS, "door", held["token"])
        assert (await redis_node.take_lock(ctx, REDIS, "door", "10s"))["fence"] > held["fence"]

    play(address, scenario)


def test_turns_under_a_limit(address: str) -> None:
    async def scenario(ctx: Context) -> None:
        store, limit = ctx.pools[REDIS], Limit("crm", 2, 10.0)
        turns = [await store.reserve(limit, None) for _ in range(5)]
        assert [round(turn.wait) for turn in turns] == [0, 0, 10, 10, 20]
        refused = await store.reserve(limit, 5.0)
        assert refused.slot is None
        assert round(refused.wait) == 20
        assert (await store.reserve(Limit("crm", 2, 20.0), 0)).slot is not None
        assert turns[2].slot is not None
        await store.give_back(limit, turns[2].slot)
        assert [round((await store.reserve(limit, None)).wait) for _ in range(3)] == [10, 20, 30]

    play(address, scenario)


def test_a_turn_that_came_back_too_late_is_lost(address: str) -> None:
    async def scenario(ctx: Context) -> None:
        store, limit = ctx.pools[REDIS], Limit("crm", 1, 0.05)
        first = await store.reserve(limit, None)
        await asyncio.sleep(0.01)
        assert first.slot is not None
        await store.give_back(limit, first.slot)
        assert 0.0 < (await store.reserve(limit, None)).wait <= 0.045

    play(address, scenario)


def test_claims_are_for_one_and_end_by_themselves(address: str) -> None:
    async def scenario(ctx: Context) -> None:
        store = ctx.pools[REDIS]
        assert await store.find_or_claim("key", "one", 10) is True
        assert await store.find_or_claim("key", "two", 10) is False
        await store.settle_claim("key", "two", None, 0)
        assert await store.find_or_claim("key", "two", 10) is False
        await store.settle_claim("key", "one", b"value", 10)
        assert await store.find_or_claim("key", "two", 10) == b"value"
        assert await store.find_or_claim("other", "one", 0.02) is True
        await store.keep_claimed("other", "one", 0.1)
        await asyncio.sleep(0.04)
        assert await store.find_or_claim("other", "two", 10) is False
        await asyncio.sleep(0.1)
        assert await store.find_or_claim("other", "two", 10) is True

    play(address, scenario)


def test_python_without_a_context_finds_the_store_of_the_service(address: str) -> None:
    async def scenario() -> None:
        assert current_store() is None
        async with ConnectionPools.opened([REDIS.at(address)]) as pools:
            assert current_store() is pools[REDIS]
            assert pools[REDIS].is_shared is (address != IN_MEMORY)
            assert await pools.ready(5) == {"redis": True}
        assert current_store() is None
        other = redis_pool("redis_other").at(IN_MEMORY)
        async with ConnectionPools.opened([REDIS.at(address), other]) as pools:
            assert current_store() is pools[REDIS]

    run(scenario())


def test_memory_forgets_what_has_expired_although_nobody_asks() -> None:
    async def scenario() -> None:
        now = 0.0
        store = MemoryStore(lambda: now)
        for number in range(900):
            await store.set(f"key {number}", b"1", 5.0)
            await store.reserve(Limit(f"caller {number}", 1, 5.0), None)
        now = 10.0
        for _ in range(1_000):
            await store.set("one", b"1")
        assert store.size == 1

    run(scenario())


def test_a_pool_in_memory_needs_no_address() -> None:
    async def scenario() -> None:
        async with ConnectionPools.opened([memory_pool("redis")]) as pools:
            assert await pools.ready(5) == {"redis": True}

    run(scenario())


@pytest.mark.parametrize("address", ["http://user:hunter2@host", "hunter2", "redis://host:hunter2/0"])
def test_an_address_that_is_none_is_told_without_it(address: str) -> None:
    async def scenario() -> None:
        with pytest.raises(CannotStart, match="the address of Redis cannot be used") as caught:
            await REDIS.open(address)
        assert "hunter2" not in str(caught.value)

    run(scenario())


def test_a_server_that_is_down_keeps_nothing_from_opening() -> None:
    async def scenario() -> None:
        async with ConnectionPools.opened([REDIS.at("redis://user:hunter2@127.0.0.1:1/0")]) as pools:
            ctx = make_context(pools)
            assert await pools.ready(5) == {"redis": False}
            for call in (redis_node.get_value(ctx, REDIS, "key"), redis_node.take_lock(ctx, REDIS, "key", 1)):
                error = await failing(call)
                assert (error.kind, error.status, error.retry_after) == ("connection", 503, 1.0)
                assert "hunter2" not in f"{error} {error.detail}"

    run(scenario())


@pytest.mark.parametrize("patience", ["0", "-1", "soon", "5.1", "1e9"])
def test_a_wrong_patience_ends_the_start(patience: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_PATIENCE", patience)
    with pytest.raises(CannotStart, match="REDIS_PATIENCE should be seconds from"):
        asyncio.run(redis_pool("redis").open("redis://127.0.0.1:1"))
