"""SQLite, the database that is embedded where no other is named.

A database in a file has several connections, so that statements which read do not wait for each other; one in memory
has a single connection. Each is a thread of its own that does one thing at a time; a statement that nobody waits for
any longer is interrupted before its connection is used again.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast

import aiosqlite
import orjson

from .data_folder import data_file
from .errors import FlowError
from .pools import IN_MEMORY, PoolKey
from .sql import Database, Row, Work, database_key
from .sql_errors import busy, faulty, ran_out_of_time, unfitting, unreachable, violated
from .sql_statement import Statement

_LONGEST_WAIT = 5.0
"""Seconds to wait for a connection when all are in use, or for another one's lock."""
_PAUSE = 0.01
POOL_SIZE = 5


def sqlite_pool(name: str, schema: str = "") -> PoolKey[Database]:
    """The key of a database that is always embedded: a file of the data folder. `schema` makes its tables."""

    async def opened(address: str) -> Database:
        return SqliteDatabase(IN_MEMORY if address == IN_MEMORY else data_file(f"{name}.db"), schema)

    return database_key(name, opened)


class SqliteWork(Work):
    """Statements over one connection."""

    def __init__(self, connection: aiosqlite.Connection, *, together: bool) -> None:
        self._connection = connection
        self._together = together

    async def fetch_all(self, statement: Statement, values: Sequence[Any] = ()) -> list[Row]:
        """All rows, each as an object."""
        # The connection makes objects of them; everything is one visit to its thread.
        rows: list[Any] = list(await self._connection.execute_fetchall(statement.for_sqlite, _named(values)))
        return rows

    async def execute(self, statement: Statement, values: Sequence[Any] = ()) -> int:
        """Run it to its end; gives the number of rows that it wrote or found."""
        before = self._connection.total_changes
        async with self._connection.execute(statement.for_sqlite, _named(values)) as cursor:
            found = len(list(await cursor.fetchall())) if cursor.description else 0
            # Python counts nothing where the statement begins with `with`.
            written = cursor.rowcount if cursor.rowcount >= 0 else self._connection.total_changes - before
            return max(written, found)

    async def execute_many(self, statement: Statement, values: Sequence[Sequence[Any]]) -> int:
        """All or none of them."""
        if self._together:
            await self._connection.executemany(statement.for_sqlite, map(_named, values))
            return len(values)
        async with _transaction(self._connection):
            await self._connection.executemany(statement.for_sqlite, map(_named, values))
        return len(values)


class SqliteDatabase(Database):
    """The connections to one database file, or the one to a database in memory."""

    def __init__(self, place: str, schema: str = "", size: int = POOL_SIZE) -> None:
        self._place = place
        self._schema = schema
        self._free: list[aiosqlite.Connection] = []
        self._open: set[aiosqlite.Connection] = set()
        self._slots = asyncio.Semaphore(1 if place == IN_MEMORY else size)
        self._only_reading: set[aiosqlite.Connection] = set()
        self._preparing = asyncio.Lock()
        self._is_prepared = not schema

    @property
    def in_use(self) -> int:
        """How many connections are with somebody."""
        return len(self._open) - len(self._free)

    async def close(self) -> None:
        """Close every connection."""
        for connection in list(self._open):
            await connection.close()
        self._open.clear()
        self._free.clear()

    async def ready(self) -> bool:
        """Whether the file can be read."""
        async with self.work(None) as work:
            return bool(await work.fetch_value(Statement("select 1")))

    @asynccontextmanager
    async def work(
        self, seconds: float | None, *, read_only: bool = False, together: bool = False
    ) -> AsyncIterator[Work]:
        """A connection out of the pool."""
        connection = await self._taken(seconds)
        try:
            await self._allow_writing(connection, not read_only)
            if together:
                async with _transaction(connection, writes=not read_only):
                    yield SqliteWork(connection, together=True)
            else:
                yield SqliteWork(connection, together=False)
        except asyncio.CancelledError:
            await _stopped(connection)
            raise
        except (sqlite3.Error, OverflowError, ValueError) as error:
            raise flow_error(error) from error
        finally:
            self._free.append(connection)
            self._slots.release()

    async def _taken(self, seconds: float | None) -> aiosqlite.Connection:
        wait = _LONGEST_WAIT if seconds is None else min(_LONGEST_WAIT, seconds / 2)
        try:
            async with asyncio.timeout(wait):
                await self._slots.acquire()
        except TimeoutError:
            raise busy() from None
        try:
            return self._free.pop() if self._free else await self._connected()
        except sqlite3.Error as error:
            self._slots.release()
            raise unreachable() from error
        except BaseException:
            self._slots.release()
            raise

    async def _connected(self) -> aiosqlite.Connection:
        """A new connection, to a database that has its tables."""
        connection = await aiosqlite.connect(
            ":memory:" if self._place == IN_MEMORY else self._place,
            timeout=_LONGEST_WAIT,
            isolation_level=None,
            detect_types=sqlite3.PARSE_DECLTYPES,
        )
        connection.row_factory = cast(Any, _as_object)  # any function will do, whatever its annotation says
        try:
            await connection.execute("pragma journal_mode = wal")
            await connection.execute("pragma foreign_keys = on")
            await self._prepare(connection)
        except BaseException:
            await connection.close()
            raise
        self._open.add(connection)
        return connection

    async def _allow_writing(self, connection: aiosqlite.Connection, allowed: bool) -> None:
        """Tell the connection whether it may write, unless it knows."""
        if allowed == (connection in self._only_reading):
            await connection.execute("pragma query_only = off" if allowed else "pragma query_only = on")
            (self._only_reading.discard if allowed else self._only_reading.add)(connection)

    async def _prepare(self, connection: aiosqlite.Connection) -> None:
        """Make the tables in a database that has none."""
        if self._is_prepared:
            return
        async with self._preparing:
            if not list(await connection.execute_fetchall("select 1 from sqlite_master limit 1")):
                await connection.executescript(self._schema)
            self._is_prepared = True


@asynccontextmanager
async def _transaction(connection: aiosqlite.Connection, *, writes: bool = True) -> AsyncIterator[None]:
    """All or nothing. One that writes waits here for others that do, and not in the middle."""
    await connection.execute("begin immediate" if writes else "begin")
    try:
        yield
        await connection.execute("commit")
    except Exception:
        if connection.in_transaction:
            await connection.execute("rollback")
        raise


async def _stopped(connection: aiosqlite.Connection) -> None:
    """Interrupt what runs until the connection is free, and undo what was begun."""
    end = asyncio.ensure_future(_undone(connection))
    while not end.done():
        await connection.interrupt()
        await asyncio.wait([end], timeout=_PAUSE)


async def _undone(connection: aiosqlite.Connection) -> None:
    """Comes after whatever the connection's thread does now."""
    await connection.rollback()


# Values


def _as_object(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> Row:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def _named(values: Sequence[Any]) -> dict[str, Any]:
    """`$1` is the value of that name."""
    return {str(number): _stored(value) for number, value in enumerate(values, 1)}


def _stored(value: Any) -> Any:
    """A value as SQLite keeps it: lists and objects as JSON, points in time as text, in UTC."""
    if isinstance(value, list | dict):
        return orjson.dumps(value).decode()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(" ")
    return value


def _moment(stored: bytes) -> datetime | str:
    text = stored.decode()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _json(stored: bytes) -> Any:
    try:
        return orjson.loads(stored)
    except orjson.JSONDecodeError:
        return stored.decode()


def _boolean(stored: bytes) -> bool:
    return stored not in (b"0", b"false", b"f")


for _name, _read in (
    ("timestamptz", _moment),
    ("timestamp", _moment),
    ("datetime", _moment),
    ("date", bytes.decode),
    ("json", _json),
    ("jsonb", _json),
    ("boolean", _boolean),
    ("bool", _boolean),
):
    # By the type that a column is declared with; only connections that ask for it are concerned.
    sqlite3.register_converter(_name, _read)


# Errors

_RULES = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: "unique constraint",
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: "primary key",
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: "foreign key",
    sqlite3.SQLITE_CONSTRAINT_NOTNULL: "rule that a column must not be empty",
    sqlite3.SQLITE_CONSTRAINT_CHECK: "check constraint",
}
_GONE = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def flow_error(error: Exception) -> FlowError:
    """What the error of a statement means for the flow."""
    if not isinstance(error, sqlite3.Error):
        return unreachable() if isinstance(error, ValueError) else unfitting("a number is too large")
    code = _code(error)
    match code & 0xFF:
        case sqlite3.SQLITE_CONSTRAINT:
            return violated(_RULES.get(code, "rules of the table"))
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return busy()
        case sqlite3.SQLITE_INTERRUPT:
            return ran_out_of_time()
        case sqlite3.SQLITE_READONLY:
            return faulty("it writes, and the node is read-only")
        case sqlite3.SQLITE_MISMATCH | sqlite3.SQLITE_TOOBIG:
            return unfitting("it is not of the type that its place needs")
        case primary if primary in _GONE:
            return unreachable()
    if isinstance(error, sqlite3.ProgrammingError | sqlite3.InterfaceError):
        return unfitting("it is not of the type that its place needs")
    return faulty("SQLite does not understand it, or knows no such table or column")


def _code(error: sqlite3.Error) -> int:
    """SQLite's number for the error; those of the Python module itself have none."""
    try:
        return error.sqlite_errorcode
    except AttributeError:
        return 0
