"""The limits of routes, counted in Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from templates.runtime.pools import ConnectionPools
from templates.runtime.problems import RequestError
from templates.runtime.rate_limit_shared import SharedRateLimit
from templates.runtime.store_redis import redis_pool
from tests.runtime.support import run

REDIS = redis_pool("redis")


@asynccontextmanager
async def processes(
    address: str, *, count: int, seconds: float
) -> AsyncIterator[list[tuple[SharedRateLimit, ConnectionPools]]]:
    """The same route in two processes: each has its own objects and connections."""
    async with AsyncExitStack() as stack:
        pools = [await stack.enter_async_context(ConnectionPools.opened([REDIS.at(address)])) for _ in range(2)]
        yield [(SharedRateLimit("POST /orders", count, seconds, REDIS), each) for each in pools]


async def refused(process: tuple[SharedRateLimit, ConnectionPools], caller: str) -> float | None:
    """The seconds that a caller is to wait; None: let in."""
    rate, pools = process
    try:
        await rate.take(caller, pools)
    except RequestError as error:
        return error.retry_after
    return None


@pytest.mark.parametrize("count", [1, 7, 100])
def test_processes_share_what_a_caller_may_do(redis_url: str, count: int) -> None:
    async def scenario() -> None:
        async with processes(redis_url, count=count, seconds=60.0) as both:
            asked = await asyncio.gather(*(refused(both[turn % 2], "ada") for turn in range(count + 4)))
            assert asked.count(None) == count
            assert all(0 < wait <= 60.0 / count for wait in asked if wait is not None)
            assert await refused(both[1], "grace") is None

    run(scenario())


def test_an_allowance_comes_back_bit_by_bit(redis_url: str) -> None:
    async def scenario() -> None:
        async with processes(redis_url, count=2, seconds=0.2) as (one, other):
            assert [await refused(one, "ada"), await refused(other, "ada")] == [None, None]
            wait = await refused(one, "ada")
            assert wait is not None
            await asyncio.sleep(wait)
            assert await refused(other, "ada") is None

    run(scenario())


@pytest.mark.parametrize("address", ["", "unix:///nobody/listens/here"])
def test_without_redis_each_process_counts(address: str) -> None:
    async def scenario() -> None:
        async with processes(address, count=1, seconds=60.0) as (one, other):
            assert [await refused(each, "ada") for each in (one, other)] == [None, None]
            assert all([await refused(each, "ada") for each in (one, other)])

    run(scenario())
