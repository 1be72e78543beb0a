"""Turns under a rate limit, in memory and over Redis."""

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from templates.runtime.errors import FlowError
from templates.runtime.failures import matches
from templates.runtime.pools import IN_MEMORY, ConnectionPools
from templates.runtime.rate_limiter import LimitReached, RateLimiter, pass_limit
from templates.runtime.store import Limit, Store
from templates.runtime.store_memory import MemoryStore
from templates.runtime.store_redis import RedisStore, redis_pool
from tests.runtime.support import make_context, run

REDIS = redis_pool("redis")


@pytest.fixture(params=["memory", "redis"])
def address(request: pytest.FixtureRequest) -> str:
    return IN_MEMORY if request.param == "memory" else str(request.getfixturevalue("redis_url"))


@asynccontextmanager
async def opened(address: str) -> AsyncIterator[Store]:
    async with ConnectionPools.opened([REDIS.at(address)]) as pools:
        yield pools[REDIS]


def test_callers_pass_one_after_the_other_and_learn_how_long_they_waited(address: str) -> None:
    async def scenario() -> None:
        async with opened(address):
            limiter = RateLimiter()
            waited = await asyncio.gather(*(limiter.acquire("crm", 20) for _ in range(5)))
            assert waited == sorted(waited)
            for number, each in enumerate(waited):
                assert each >= number * 20 - 1
            assert (await asyncio.gather(limiter.acquire("other", 20)))[0] < waited[-1]

    run(scenario())


def test_a_thousand_callers_are_served_in_their_order(address: str) -> None:
    async def scenario() -> None:
        async with opened(address) as store:
            limit, order = Limit("crm", 100, 0.05), []
            limiter = RateLimiter(store)

            async def caller(number: int) -> None:
                await limiter.wait(limit)
                order.append(number)

            await asyncio.gather(*(caller(number) for number in range(1_000)))
            assert order == list(range(1_000))

    run(scenario(), 60)


def test_no_more_than_the_limit_pass_in_any_stretch(address: str) -> None:
    async def scenario() -> None:
        async with opened(address) as store:
            limiter, passed = RateLimiter(store), []

            async def caller() -> None:
                await limiter.wait(Limit("crm", 5, 0.1))
                passed.append(time.monotonic())

            asked = time.monotonic()
            await asyncio.gather(*(caller() for _ in range(23)))
            # A busy machine may tell the callers late, the first of them too, but nobody passes early.
            for number, moment in enumerate(passed):
                assert moment - asked >= number // 5 * 0.1 - 0.01

    run(scenario())


def test_who_does_not_want_to_wait_so_long_is_told_at_once(address: str) -> None:
    async def scenario() -> None:
        async with opened(address) as store:
            limiter, limit = RateLimiter(store), Limit("crm", 1, 30.0)
            assert await limiter.wait(limit, 0.0) < 5_000
            with pytest.raises(LimitReached) as caught:
                await limiter.wait(limit, 0.0)
            assert (caught.value.kind, caught.value.status) == ("rate-limit", 429)
            assert 25 < (caught.value.retry_after or 0) <= 30
            with pytest.raises(LimitReached):
                await limiter.wait(limit, 20.0)

    run(scenario())


def test_who_leaves_makes_room_and_the_order_stays(address: str) -> None:
    async def scenario() -> None:
        async with opened(address) as store:
            limiter, order = RateLimiter(store), []
            limit = Limit("crm", 1, 0.1)

            async def caller(number: int) -> None:
                await limiter.wait(limit)
                order.append(number)

            tasks = [asyncio.create_task(caller(number)) for number in range(100)]
            await asyncio.sleep(0.05)
            for number, task in enumerate(tasks):
                if number not in (0, 50, 99):
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert order == [0, 50, 99]

    # With all turns taken it would be ten seconds.
    run(scenario(), 5)


def test_turns_of_those_who_left_are_for_others(address: str) -> None:
    async def scenario() -> None:
        async with opened(address) as store:
            limiter, limit = RateLimiter(store), Limit("crm", 1, 5.0)
            await limiter.wait(limit)
            tasks = [asyncio.create_task(limiter.wait(limit)) for _ in range(20)]
            await asyncio.sleep(0.05)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0.05)
            turn = await store.reserve(limit, None)
            assert turn.wait <= 5.0

    run(scenario())


def test_who_is_cancelled_before_the_store_has_answered_takes_no_turn(address: str) -> None:
    async def scenario() -> None:
        async with opened(address) as store:
            limiter, limit = RateLimiter(store), Limit("crm", 1, 5.0)
            await limiter.wait(limit)
            tasks = [asyncio.create_task(limiter.wait(limit)) for _ in range(20)]
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0.1)
            assert (await store.reserve(limit, None)).wait <= 5.0

    run(scenario())


def test_without_a_service_the_limit_is_that_of_the_process() -> None:
    async def scenario() -> None:
        first, second = await asyncio.gather(*(RateLimiter().acquire("crm", 20) for _ in range(2)))
        assert first < second

    run(scenario())


def test_a_store_that_holds_nothing_yet_is_the_store() -> None:
    async def scenario() -> None:
        async with opened(IN_MEMORY) as store:
            assert isinstance(store, MemoryStore)
            await RateLimiter(store).acquire("crm", 1_000)
            assert store.size == 1
        async with opened(IN_MEMORY) as store:
            assert isinstance(store, MemoryStore)
            await RateLimiter().acquire("crm", 1_000)
            assert store.size == 1

    run(scenario())


def test_the_node_passes_refuses_or_tells(address: str) -> None:
    async def scenario() -> None:
        async with ConnectionPools.opened([REDIS.at(address)]) as pools:
            ctx, limit = make_context(pools), Limit("crm", 1, 30.0)
            passage = await pass_limit(ctx, REDIS, limit, longest_wait=None)
            assert passage["allowed"] is True
            with pytest.raises(LimitReached) as caught:
                await pass_limit(ctx, REDIS, limit, longest_wait=0.0)
            assert all(matches(caught.value, (word,)) for word in ("429", "4xx", "rate-limit"))
            told = await pass_limit(ctx, REDIS, limit, longest_wait=0.0, tell=True)
            assert told["allowed"] is False
            assert 25_000 < told["retry_after_ms"] <= 30_000

    run(scenario())


def test_without_redis_the_way_is_open_or_closed_as_was_said() -> None:
    async def scenario() -> None:
        async with ConnectionPools.opened([REDIS.at("redis://127.0.0.1:1/0")]) as pools:
            ctx, limit = make_context(pools), Limit("crm", 1, 30.0)
            for _ in range(3):
                passage = await pass_limit(ctx, REDIS, limit, longest_wait=None, open_when_down=True)
                assert passage == {"allowed": True, "waited_ms": 0.0, "retry_after_ms": 0.0}
            calls = [pass_limit(ctx, REDIS, limit, longest_wait=None) for _ in range(20)]
            for error in await asyncio.gather(*calls, return_exceptions=True):
                assert isinstance(error, FlowError)
                assert (error.kind, error.status) == ("connection", 503)

    run(scenario())


def _pass_in_a_process(address: str, callers: int, passed: "multiprocessing.Queue[list[int]]") -> None:
    """When the callers began to ask, and when each of them passed."""

    async def scenario() -> list[int]:
        store = RedisStore(address)
        limiter, moments = RateLimiter(store), [time.monotonic_ns()]

        async def caller() -> None:
            await limiter.wait(Limit("crm", 20, 0.2))
            moments.append(time.monotonic_ns())

        try:
            await asyncio.gather(*(caller() for _ in range(callers)))
        finally:
            await store.close()
        return moments

    passed.put(asyncio.run(scenario()))


def test_processes_share_a_limit(redis_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    passed: multiprocessing.Queue[list[int]] = context.Queue()
    processes = [context.Process(target=_pass_in_a_process, args=(redis_url, 60, passed)) for _ in range(2)]
    for process in processes:
        process.start()
    each = [passed.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(10)
    # Nobody's turn came before somebody asked; a busy machine may be late to notice even the first.
    begun = min(asked for asked, *_ in each)
    moments = sorted(moment for _, *moments in each for moment in moments)
    assert len(moments) == 120
    for number, moment in enumerate(moments):
        assert moment - begun >= number // 20 * 200_000_000
