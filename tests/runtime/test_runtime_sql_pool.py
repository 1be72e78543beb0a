"""Connections to PostgreSQL that are kept at hand: lent again, closed when idle, never given out dead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from templates.runtime import sql_postgres_pool
from templates.runtime.errors import FlowError
from templates.runtime.sql_postgres import PostgresDatabase, flow_error
from templates.runtime.sql_statement import Statement
from tests.runtime.test_runtime_sql import sessions

PID = Statement("select pg_backend_pid()")
NAP = Statement("select pg_backend_pid() from pg_sleep(0.02)")


@asynccontextmanager
async def opened(url: str, size: int) -> AsyncIterator[PostgresDatabase]:
    database = await PostgresDatabase.open(url, size)
    try:
        yield database
        assert database.in_use == 0
    finally:
        await database.close()


async def nobody_is_left(url: str) -> None:
    for _ in range(500):
        if not await sessions(url):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("connections are left")


def test_one_after_another_they_use_one_connection(postgres_url: str) -> None:
    async def test() -> None:
        async with opened(postgres_url, 5) as database:
            assert len({await database.fetch_value(PID) for _ in range(20)}) == 1
            assert await sessions(postgres_url) == 1

    asyncio.run(test())


@pytest.mark.parametrize("size", [1, 3])
def test_who_waits_is_served(postgres_url: str, size: int) -> None:
    """Some take what is at hand while others wait in asyncpg's pool, with and without errors between them."""
    wrong = Statement("select 1 / 0")

    async def caller(database: PostgresDatabase, number: int) -> None:
        for _ in range(5):
            if number % 4 == 0:
                with pytest.raises(FlowError):
                    await database.fetch_value(wrong)
            assert await database.fetch_value(NAP)

    async def test() -> None:
        async with opened(postgres_url, size) as database, asyncio.timeout(30):
            await asyncio.gather(*(caller(database, number) for number in range(4 * size)))
            assert await sessions(postgres_url) == size

    asyncio.run(test())


def test_idle_connections_are_closed(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_postgres_pool, "_LEAVES_AFTER", 0.2)

    async def test() -> None:
        async with opened(postgres_url, 3) as database:
            first = set(await asyncio.gather(*(database.fetch_value(NAP) for _ in range(3))))
            assert len(first) == 3
            await nobody_is_left(postgres_url)
            assert await database.fetch_value(PID) not in first

    asyncio.run(test())


def test_one_that_was_cut_is_not_given_out(postgres_url: str) -> None:
    async def test() -> None:
        async with opened(postgres_url, 2) as database:
            first = await database.fetch_value(PID)
            other = await asyncpg.connect(postgres_url)
            await other.execute("select pg_terminate_backend($1)", first)
            await other.close()
            await nobody_is_left(postgres_url)
            await asyncio.sleep(0.05)  # the end of the connection reaches us, too
            assert await database.fetch_value(PID) != first
            assert await database.ready()

    asyncio.run(test())


def test_one_that_has_served_often_goes_back(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To asyncpg's pool, which gives out the same one as long as it is young."""
    monkeypatch.setattr(sql_postgres_pool, "_LOOKED_AT_AFTER", 3)

    async def test() -> None:
        async with opened(postgres_url, 2) as database:
            assert len({await database.fetch_value(PID) for _ in range(10)}) <= 2

    asyncio.run(test())


def test_one_that_is_cut_while_it_is_asked_cannot_be_reached() -> None:
    """asyncpg has a word of its own for a question that comes between the server's last one and the end."""
    error = flow_error(asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress"))
    assert (error.kind, error.status) == ("connection", 503)
