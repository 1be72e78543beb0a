"""A whole service whose Redis and PostgreSQL go away while it runs, and come back."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import redis

from catalyst.api import compile_flow
from tests.servers import Door
from tests.sql.service import service

FLOW = """\
catalyst: 1
name: life
secrets: [REDIS_URL, DATABASE_URL]
defaults: {retry: {max_attempts: 2, max_delay: 10ms}}
input: {what: {type: string, enum: [kept, open, closed, seen, read, insert]}, sku: {type: string, default: ""}}
nodes:
  picked:
    type: switch
    cases:
      - when: "{{ input.what == 'kept' }}"
        do: {kept: {type: sql, cache: {ttl: 1h}, with: {query: "select nextval('calls') as n", fetch: value}}}
      - when: "{{ input.what == 'open' }}"
        do: {opened: {type: rate_limit, with: {limit: 1000, window: 1s, if_down: open}}}
      - when: "{{ input.what == 'closed' }}"
        do: {closed: {type: rate_limit, with: {limit: 1000, window: 1s}}}
      - when: "{{ input.what == 'seen' }}"
        do: {seen: {type: redis, with: {operation: set, key: "{{ input.sku }}", value: 1}}}
      - when: "{{ input.what == 'read' }}"
        do: {read: {type: sql, with: {query: "select count(*) as n from stock", fetch: value}}}
      - when: "{{ input.what == 'insert' }}"
        do: {insert: {type: sql, with: {query: "insert into stock values ({{ input.sku }})"}}}
output: "{{ nodes.picked.output }}"
"""
TABLES = ("create table stock (sku text primary key)", "create sequence calls")
SECRET = "a-secret-sku"


@pytest.fixture
def doors(redis_url: str, postgres_url: str) -> Iterator[tuple[Door, Door]]:
    both = Door(redis_url), Door(postgres_url)
    yield both
    for door in both:
        door.remove()


def asked(url: str, statement: str) -> Any:
    async def work() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(work())


def connections(postgres_url: str, redis_url: str) -> tuple[int, int]:
    """How many there are beside those that ask."""
    of_postgres = asked(
        postgres_url,
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    )
    with redis.Redis.from_url(redis_url) as client:
        return of_postgres, len(client.client_list()) - 1


def soon(what: Callable[[], bool]) -> bool:
    """Whether it comes true before long."""
    deadline = time.monotonic() + 20
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_servers_that_go_away_and_come_back(
    doors: tuple[Door, Door], redis_url: str, postgres_url: str, tmp_path: Path, capsys: Any
) -> None:
    for table in TABLES:
        asked(postgres_url, table)
    of_redis, of_postgres = doors
    env = {"REDIS_URL": of_redis.url, "DATABASE_URL": of_postgres.url, "REDIS_PATIENCE": "0.2"}
    with service(compile_flow(FLOW), tmp_path, env) as client:

        def call(what: str) -> Any:
            answer = client.post("/api/v1/life/execute", json={"what": what, "sku": SECRET})
            assert SECRET not in answer.text
            problem = answer.json()
            return problem if answer.status_code == 200 else (answer.status_code, problem["type"], problem["node"])

        def all_is_well() -> bool:
            ready = client.get("/ready")
            return ready.status_code == 200 and call("kept") == call("kept") and call("closed")["allowed"]

        assert all_is_well()
        assert (call("insert"), call("seen")) == (1, True)

        of_redis.shut()
        assert client.get("/ready").json()["pools"] == {"cache": True, "database": True, "redis": False}
        assert call("kept") < call("kept")
        assert call("open")["allowed"]
        assert call("closed") == (503, "urn:problem:connection", "closed")
        assert call("seen") == (503, "urn:problem:connection", "seen")
        of_redis.open()
        assert soon(all_is_well)
        assert call("seen")

        of_redis.freeze()
        assert call("kept") < call("kept")
        assert call("open")["allowed"]
        assert call("closed") == (503, "urn:problem:connection", "closed")
        assert client.get("/ready").json()["pools"] == {"cache": True, "database": True, "redis": False}
        of_redis.thaw()
        assert soon(all_is_well)

        of_postgres.shut()
        assert client.get("/ready").json()["pools"] == {"cache": True, "database": False, "redis": True}
        assert client.get("/health").status_code == 200
        assert call("read") == (503, "urn:problem:connection", "read")
        assert call("insert") == (503, "urn:problem:connection", "insert")
        of_postgres.open()
        assert soon(all_is_well)
        assert call("read") == 1
        assert call("insert") == (409, "urn:problem:constraint", "insert")
        assert soon(lambda: max(connections(postgres_url, redis_url)) <= 1)
    assert soon(lambda: connections(postgres_url, redis_url) == (0, 0))
    assert SECRET not in "".join(capsys.readouterr())
