"""Databases at run time: SQLite in memory, SQLite in a file and PostgreSQL mean the same."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from templates.runtime.errors import CannotStart, ExpressionError, FlowError
from templates.runtime.failures import matches
from templates.runtime.node import Retry, node
from templates.runtime.pools import IN_MEMORY, ConnectionPools
from templates.runtime.sql import Database
from templates.runtime.sql_database import sql_pool
from templates.runtime.sql_sqlite import SqliteDatabase, sqlite_pool
from templates.runtime.sql_statement import Statement, as_list, chosen, one_or_none, only_value, sql_value

MAKE = Statement("create table people (id integer primary key, name text unique not null, age integer check (age > 0))")
CHILD = Statement("create table pets (owner integer not null references people (id), name text)")
ADD = Statement("insert into people (id, name, age) values ($1, $2, $3)")
ALL = Statement("select id, name, age from people order by id")
COUNT = Statement("select count(*) as n from people")
SLOW = Statement(
    "select pg_sleep(30)",
    embedded="with recursive n(x) as (select 1 union all select x + 1 from n where x < 1e12) select count(*) from n",
)


@pytest.fixture(params=["memory", "file", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return IN_MEMORY if request.param == "memory" else f"sqlite:///{tmp_path / 'test.db'}"


@asynccontextmanager
async def opened(address: str) -> AsyncIterator[Any]:
    """The database with its tables; whatever was taken from its pool must be back at the end."""
    key = sql_pool("database")
    async with ConnectionPools.opened([key.at(address)]) as pools:
        database = pools[key]
        await database.execute(MAKE)
        await database.execute(CHILD)
        yield database
        assert database.in_use == 0


def run(address: str, test: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        async with opened(address) as database:
            await test(database)

    asyncio.run(whole())


async def failure(work: Coroutine[Any, Any, object]) -> FlowError:
    with pytest.raises(FlowError) as raised:
        await work
    return raised.value


def test_rows_are_objects(address: str) -> None:
    async def test(database: Database) -> None:
        assert await database.execute(ADD, [1, "Ada", 36]) == 1
        assert await database.execute_many(ADD, [[2, "Alan", 41], [3, "Grace", None]]) == 2
        assert (await database.fetch_all(ALL))[2] == {"id": 3, "name": "Grace", "age": None}
        one = Statement("select name from people where id = $1")
        assert await database.fetch_one(one, [2]) == {"name": "Alan"}
        assert await database.fetch_one(one, [9]) is None
        assert await database.fetch_value(one, [1]) == "Ada"
        assert await database.fetch_value(one, [9]) is None
        assert await database.fetch_only(one, [1]) == {"name": "Ada"}
        assert (await failure(database.fetch_only(one, [9]))).kind == "no_row"
        assert (await failure(database.fetch_one(ALL))).kind == "too_many_rows"
        assert await database.execute(Statement("update people set age = 1")) == 3
        assert (
            await database.execute(Statement("with n as (select 5 as a) update people set age = (select a from n)"))
            == 3
        )
        assert await database.execute(Statement("delete from people where id = $1 returning id"), [3]) == 1

    run(address, test)


def test_lists_are_bound_as_one_value(address: str) -> None:
    within = Statement(
        "select id from people where id = any($1) order by id",
        embedded="select id from people where id in (select value from json_each($1)) order by id",
    )

    async def test(database: Database) -> None:
        await database.execute_many(ADD, [[number, f"p{number}", 1] for number in range(1, 6)])
        assert await database.fetch_all(within, [[2, 4, 9]]) == [{"id": 2}, {"id": 4}]
        assert await database.fetch_all(within, [[]]) == []

    run(address, test)


def test_a_value_is_never_a_part_of_the_statement(address: str) -> None:
    name = "'; drop table people; --"

    async def test(database: Database) -> None:
        await database.execute(ADD, [1, name, 1])
        assert await database.fetch_value(Statement("select id from people where name = $1"), [name]) == 1
        assert await database.fetch_value(COUNT) == 1

    run(address, test)


def test_values_of_every_kind(address: str) -> None:
    make = Statement(
        "create table kinds (moment timestamptz, plain timestamp, day date, amount numeric(12, 2), whole bigint, part"
        " double precision, yes boolean, raw bytea, id uuid, data jsonb, tags text[])",
        embedded="create table kinds (moment timestamptz, plain timestamp, day date, amount numeric(12, 2), whole"
        " bigint, part double precision, yes boolean, raw bytea, id uuid, data jsonb, tags json)",
    )
    moment = datetime(2026, 5, 4, 12, 30, tzinfo=timezone(timedelta(hours=2)))
    given = {
        "moment": moment,
        "plain": moment,
        "day": "2026-05-04",
        "amount": 12.34,
        "whole": 2**40,
        "part": 0.5,
        "yes": True,
        "raw": b"\x00\xff",
        "id": "8c1c6b8e-3f0a-4a65-9d2e-0f6a2f3b7c11",
        "data": {"a": [1, None, "x"]},
        "tags": ["x", "y"],
    }
    add = Statement("insert into kinds values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")

    async def test(database: Database) -> None:
        await database.execute(make)
        await database.execute(add, list(given.values()))
        await database.execute(add, [None] * len(given))
        wanted = {**given, "moment": moment.astimezone(UTC), "plain": moment.astimezone(UTC)}
        rows = await database.fetch_all(Statement("select * from kinds"))
        assert rows == [wanted, dict.fromkeys(given)]
        assert rows[0]["moment"].utcoffset() == timedelta(0)

    run(address, test)


def test_moments_and_days_as_texts(address: str) -> None:
    make = Statement("create table times (at timestamptz, day date)")

    async def test(database: Database) -> None:
        await database.execute(make)
        add = Statement("insert into times values ($1, $2)")
        await database.execute(add, ["2026-05-04T12:30:00+02:00", datetime(2026, 5, 4, 23, tzinfo=UTC)])
        row = await database.fetch_one(Statement("select * from times"))
        assert row is not None
        assert row["at"] == datetime(2026, 5, 4, 10, 30, tzinfo=UTC)
        assert str(row["day"]).startswith("2026-05-04")

    run(address, test)


def test_what_only_postgres_has(postgres_url: str) -> None:
    rare = Statement(
        "select '{1,2}'::int[] as whole, array[1.5, null]::numeric[] as parts, interval '1 day' as span, 'NaN'::numeric"
        " as none, int4range(1, 3) as range, 'empty'::int4range as empty, '10.0.0.1'::inet as host, b'101' as bits,"
        " 'infinity'::timestamptz as never, array[timestamptz '2026-01-01 00:00+00'] as times, 1e30::numeric as big"
    )

    async def test(database: Database) -> None:
        row = await database.fetch_one(rare)
        assert row == {
            "whole": [1, 2],
            "parts": [1.5, None],
            "span": "1 day",
            "none": None,
            "range": "[1,3)",
            "empty": "empty",
            "host": "10.0.0.1",
            "bits": "101",
            "never": "infinity",
            "times": [datetime(2026, 1, 1, tzinfo=UTC)],
            "big": 10**30,
        }

    run(postgres_url, test)


# Transactions


def test_all_or_nothing(address: str) -> None:
    async def test(database: Database) -> None:
        async with database.transaction(5.0) as work:
            await work.execute(ADD, [1, "Ada", 36])
            assert await work.fetch_value(COUNT) == 1

        async def broken_rule() -> None:
            async with database.transaction(5.0) as work:
                await work.execute(ADD, [2, "Alan", 41])
                await work.execute_many(ADD, [[3, "Grace", 1], [4, "Ada", 1]])

        async def error_of_ones_own() -> None:
            async with database.transaction() as work:
                await work.execute(ADD, [5, "Edsger", 1])
                raise KeyError

        assert (await failure(broken_rule())).kind == "constraint"
        with pytest.raises(KeyError):
            await error_of_ones_own()
        assert await database.fetch_value(COUNT) == 1

    run(address, test)


def test_a_batch_is_all_or_nothing(address: str) -> None:
    async def test(database: Database) -> None:
        error = await failure(database.execute_many(ADD, [[1, "Ada", 1], [2, "Ada", 1]]))
        assert error.kind == "constraint"
        assert await database.fetch_value(COUNT) == 0
        assert await database.execute_many(ADD, []) == 0

    run(address, test)


def test_a_cancelled_transaction_leaves_nothing(address: str) -> None:
    async def test(database: Database) -> None:
        async def half() -> None:
            async with database.transaction() as work:
                await work.execute(ADD, [1, "Ada", 1])
                await work.fetch_all(SLOW)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await half()
        assert await database.fetch_value(COUNT) == 0
        assert await database.execute(ADD, [1, "Ada", 1]) == 1

    run(address, test)


# Errors


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ([1, "Ada", 1], "key"),
        ([2, "Ada", 1], "unique"),
        ([2, "Alan", -1], "check"),
        ([2, None, 1], "must not be empty"),
    ],
)
def test_a_broken_rule_is_named_without_values(address: str, values: list[Any], rule: str) -> None:
    async def test(database: Database) -> None:
        await database.execute(ADD, [1, "Ada", 1])
        error = await failure(database.execute(ADD, values))
        assert (error.kind, error.status, error.upstream) == ("constraint", 409, 409)
        assert matches(error, ("409",))
        assert "Ada" not in f"{error.title} {error.detail}"
        assert any(word in str(error.detail) for word in (rule, "unique"))

    run(address, test)


def test_a_foreign_key(address: str) -> None:
    async def test(database: Database) -> None:
        error = await failure(database.execute(Statement("insert into pets values (77, 'Rex')")))
        assert error.kind == "constraint"
        assert "foreign key" in str(error.detail)

    run(address, test)


@pytest.mark.parametrize("text", ["select * from nowhere", "selec 1", "select nothing from people"])
def test_a_faulty_statement(address: str, text: str) -> None:
    async def test(database: Database) -> None:
        error = await failure(database.fetch_all(Statement(text)))
        assert (error.kind, error.status) == ("sql", 500)
        assert text not in f"{error.title} {error.detail}"

    run(address, test)


def test_a_value_that_does_not_fit(address: str) -> None:
    async def test(database: Database) -> None:
        error = await failure(database.execute(ADD, [10**30, "Ada", 1]))
        assert (error.kind, error.status) == ("sql_value", 422)
        assert "1000000" not in f"{error.title} {error.detail}"

    run(address, test)


def test_which_value_does_not_fit_is_told_without_it(postgres_url: str) -> None:
    async def test(database: Database) -> None:
        error = await failure(database.execute(ADD, [1, 77_777, 1]))
        assert error.detail == "$2: expected str, got int"
        error = await failure(database.execute(ADD, [1, "x", "hidden (expected a, got b)"]))
        assert error.detail == "$3: 'str' object cannot be interpreted as an integer"

    run(postgres_url, test)


def test_a_missing_value(address: str) -> None:
    async def test(database: Database) -> None:
        assert (await failure(database.execute(ADD, [1]))).kind == "sql_value"

    run(address, test)


def test_read_only(address: str) -> None:
    async def test(database: Database) -> None:
        error = await failure(database.execute(ADD, [1, "Ada", 1], read_only=True))
        assert error.kind == "sql"
        async with database.transaction(1.0, read_only=True) as work:
            assert await work.fetch_value(COUNT) == 0
        assert await database.execute(ADD, [1, "Ada", 1]) == 1
        assert await database.fetch_value(COUNT, read_only=True) == 1

    run(address, test)


def test_the_server_itself_gives_up(postgres_url: str) -> None:
    async def test(database: Database) -> None:
        error = await failure(database.fetch_all(SLOW, seconds=0.2))
        assert (error.kind, error.status) == ("timeout", 504)

    run(postgres_url, test)


def test_nothing_runs_on_after_a_timeout(postgres_url: str) -> None:
    running = Statement(
        "select count(*) from pg_stat_activity where query like '%pg_sleep(30)%' and state = 'active'"
        " and pid <> pg_backend_pid()"
    )

    async def test(database: Database) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await database.fetch_all(SLOW)
        for _ in range(100):
            if await database.fetch_value(running) == 0:
                return
            await asyncio.sleep(0.05)
        raise AssertionError("the statement still runs")

    run(postgres_url, test)


def test_settings_of_a_statement_do_not_stay(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", "1")

    async def test(database: Database) -> None:
        await database.execute(Statement("set search_path to nowhere", session=True))
        assert await database.fetch_value(COUNT) == 0
        assert await database.fetch_value(COUNT, seconds=2.0, read_only=True) == 0
        assert await database.execute(ADD, [1, "Ada", 1]) == 1

    run(postgres_url, test)


# The pool


def test_as_many_at_once_as_there_are_connections(address: str) -> None:
    async def test(database: Database) -> None:
        await database.execute(ADD, [1, "Ada", 1])
        found = await asyncio.gather(*(database.fetch_value(COUNT, seconds=30.0) for _ in range(100)))
        assert found == [1] * 100

    run(address, test)


def test_an_exhausted_pool_waits_and_then_says_so(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", "2")

    async def test(database: Any) -> None:
        async with database.work(None), _second(database):
            waiting = asyncio.ensure_future(_hold(database))
            error = await failure(database.fetch_value(COUNT, seconds=0.2))
            assert (error.kind, error.status) == ("busy", 503)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        assert await database.fetch_value(COUNT, seconds=5.0) == 0

    run(address, test)


@asynccontextmanager
async def _second(database: Any) -> AsyncIterator[None]:
    """Hold every other connection of the pool."""
    held: list[Any] = []
    try:
        while True:
            work = database.work(1.0)
            await work.__aenter__()
            held.append(work)
    except FlowError:
        pass  # no connection is left
    try:
        yield
    finally:
        for work in held:
            await work.__aexit__(None, None, None)


async def _hold(database: Any) -> None:
    async with database.work(60.0):
        await asyncio.Event().wait()


def test_no_connection_is_lost_to_errors_and_cancellation(address: str) -> None:
    async def test(database: Any) -> None:
        tasks = [asyncio.ensure_future(database.fetch_all(SLOW, seconds=60.0)) for _ in range(20)]
        tasks += [asyncio.ensure_future(database.fetch_all(Statement("select * from nowhere"))) for _ in range(20)]
        await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert database.in_use == 0
        assert await asyncio.gather(*(database.fetch_value(COUNT) for _ in range(20))) == [0] * 20

    run(address, test)


async def sessions(url: str) -> int:
    """How many connections the server has to the database, this one left out."""
    connection = await asyncpg.connect(url)
    try:
        text = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        return int(await connection.fetchval(text))
    finally:
        await connection.close()


def test_the_server_has_no_connection_left_when_the_pool_is_closed(postgres_url: str) -> None:
    async def test() -> None:
        async with opened(postgres_url) as database:
            await asyncio.gather(*(database.fetch_value(COUNT) for _ in range(50)))
            assert 1 <= await sessions(postgres_url) <= 10
        for _ in range(100):
            if await sessions(postgres_url) == 0:
                return
            await asyncio.sleep(0.05)
        raise AssertionError("connections are left")

    asyncio.run(test())


def test_down_at_the_start() -> None:
    async def test() -> None:
        key = sql_pool("database")
        async with ConnectionPools.opened([key.at("postgresql://nobody@127.0.0.1:1/none")]) as pools:
            assert await pools.ready(5.0) == {"database": False}
            error = await failure(pools[key].fetch_all(ALL, seconds=5.0))
            assert (error.kind, error.status) == ("connection", 503)
            assert matches(error, ("connection",))

    asyncio.run(test())


@pytest.mark.parametrize("address", ["postgresql://postgres@[bad", "postgresql://host:abc/x"])
def test_an_address_that_is_none(address: str) -> None:
    async def test() -> None:
        key = sql_pool("database")
        with pytest.raises(CannotStart) as raised:
            async with ConnectionPools.opened([key.at(address)]):
                pass
        assert "bad" not in str(raised.value)
        assert "abc" not in str(raised.value)

    asyncio.run(test())


def test_a_database_that_is_not_there(postgres_url: str) -> None:
    async def test() -> None:
        key = sql_pool("database")
        other = urlsplit(postgres_url)._replace(path="/nowhere").geturl()
        async with ConnectionPools.opened([key.at(other)]) as pools:
            assert await pools.ready(5.0) == {"database": False}
            error = await failure(pools[key].fetch_all(ALL, seconds=5.0))
            assert (error.kind, error.status) == ("connection", 503)

    asyncio.run(test())


class _Context:
    """What a node needs of its context."""

    workflow = "test"
    execution_id = "0" * 32
    events = None

    def set_timing(self, name: str, nanoseconds: int) -> None: ...

    def finished(self, name: str, output: object, nanoseconds: int) -> None: ...


def test_lost_in_the_middle(postgres_url: str) -> None:
    """Reads are repeated over a new connection; writes end with an error that says what happened."""

    async def test(database: Database) -> None:
        async def cut() -> None:
            connection = await asyncpg.connect(postgres_url)
            text = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
            await connection.execute(text + " and pid <> pg_backend_pid()")
            await connection.close()

        tries: list[int] = []

        async def read(ctx: Any) -> Any:
            tries.append(1)
            async with database.work(5.0) as work:
                if len(tries) == 1:
                    await cut()
                return await work.fetch_value(COUNT)

        repeated = node("read", retry=Retry(max_attempts=3, delay=0.01))(read)
        assert await repeated(_Context()) == 0  # type: ignore[arg-type]
        assert len(tries) == 2

        async def write() -> None:
            async with database.transaction(5.0) as work:
                await work.execute(ADD, [1, "Ada", 1])
                await cut()
                await work.execute(ADD, [2, "Alan", 1])

        error = await failure(write())
        assert (error.kind, error.status) == ("connection", 503)
        assert await database.fetch_value(COUNT) == 0

    run(postgres_url, test)


def test_two_that_write_the_same(postgres_url: str) -> None:
    async def test(database: Database) -> None:
        await database.execute_many(ADD, [[1, "a", 1], [2, "b", 1]])
        grow = Statement("update people set age = age + 1 where id = $1")
        first_has, second_has = asyncio.Event(), asyncio.Event()

        async def both(own: asyncio.Event, other: asyncio.Event, ids: tuple[int, int]) -> None:
            async with database.transaction(10.0) as work:
                await work.execute(grow, [ids[0]])
                own.set()
                await other.wait()
                await work.execute(grow, [ids[1]])

        results = await asyncio.gather(
            both(first_has, second_has, (1, 2)), both(second_has, first_has, (2, 1)), return_exceptions=True
        )
        errors = [result for result in results if result is not None]
        assert [error.kind for error in errors if isinstance(error, FlowError)] == ["connection"]
        assert matches(errors[0], ("5xx",))

    run(postgres_url, test)


# Embedded


def test_the_schema_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "made" / "here"))
    key = sqlite_pool("database", "create table people (id integer primary key, name text, age integer);")

    async def test() -> None:
        for count in (0, 1):
            async with ConnectionPools.opened([key]) as pools:
                assert await pools[key].fetch_value(COUNT) == count
                await pools[key].execute(ADD, [count, "Ada", 1])

    asyncio.run(test())
    assert (tmp_path / "made" / "here" / "database.db").is_file()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    place = tmp_path / "x.db"
    place.write_text("this is a letter, and no database" * 100)

    async def test() -> None:
        database = SqliteDatabase(str(place))
        error = await failure(database.fetch_all(ALL))
        assert (error.kind, error.status) == ("connection", 503)
        assert database.in_use == 0
        await database.close()

    asyncio.run(test())


def test_another_process_that_writes(tmp_path: Path) -> None:
    place = tmp_path / "x.db"

    async def test() -> None:
        database = SqliteDatabase(str(place))
        await database.execute(MAKE)
        other = sqlite3.connect(place, isolation_level=None)
        other.execute("begin immediate")
        waiting = asyncio.ensure_future(database.execute(ADD, [1, "Ada", 1]))
        await asyncio.sleep(0.1)
        other.execute("commit")
        other.close()
        assert await waiting == 1
        await database.close()

    asyncio.run(test())


@pytest.mark.parametrize("address", ["mysql://x", "nonsense", "http://secret@host"])
def test_an_address_of_another_kind(address: str) -> None:
    async def test() -> None:
        with pytest.raises(CannotStart) as raised:
            await sql_pool("database").open(address)
        assert "secret" not in str(raised.value)

    asyncio.run(test())


@pytest.mark.parametrize("size", ["0", "many", "-1"])
def test_a_wrong_size(size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", size)
    with pytest.raises(CannotStart, match="DATABASE_POOL_SIZE"):
        asyncio.run(_open("postgresql://x"))


async def _open(address: str) -> None:
    await sql_pool("database").open(address)


# Small parts


def test_small_parts() -> None:
    statement = Statement("select 1")
    assert chosen({"a": statement}, "a") is statement
    for key in ("b", []):
        with pytest.raises(ExpressionError):
            chosen({"a": statement}, key)  # type: ignore[arg-type]
    assert (sql_value(0), as_list([1]), as_list(1)) == (0, [1], [1])
    for check in (sql_value, as_list):
        with pytest.raises(ExpressionError):
            check(None)
    assert (only_value({"a": 1, "b": 2}), only_value(None), one_or_none([])) == (1, None, None)
