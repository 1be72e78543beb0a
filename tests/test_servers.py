"""The servers that tests run against are real, and each test gets an empty one."""

import asyncio

import asyncpg
import redis


async def _select(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("create table things (id int)")
        await connection.execute("insert into things values (1), (2)")
        count: int = await connection.fetchval("select count(*) from things")
        return count
    finally:
        await connection.close()


def test_postgres_answers(postgres_url: str) -> None:
    assert asyncio.run(_select(postgres_url)) == 2


def test_the_next_database_is_empty(postgres_url: str) -> None:
    assert asyncio.run(_select(postgres_url)) == 2


def test_redis_answers_and_is_empty(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("a", "b")
        assert client.get("a") == b"b"


def test_the_next_redis_is_empty(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
