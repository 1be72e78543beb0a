"""PostgreSQL through asyncpg.

What a connection is told of time limits stays with it, so that the next statement with the same limits costs one
exchange and no more; the reset that asyncpg would send after every use is sent only after statements that may leave
something behind.
"""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson

from .errors import FlowError
from .sql import Database, Row, Work
from .sql_errors import faulty, overtaken, ran_out_of_time, unfitting, unreachable, violated
from .sql_postgres_pool import TROUBLE, Connection, PostgresPool, state_of
from .sql_statement import Statement

_WITHOUT_LIMIT = 2**31 - 1


class PostgresWork(Work):
    """Statements over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def fetch_all(self, statement: Statement, values: Sequence[Any] = ()) -> list[Row]:
        """All rows, each as an object."""
        self._prepare(statement)
        rows = await self._connection.fetch(statement.text, *values)
        return [
            {name: value if type(value) in _PLAIN else _plain(value) for name, value in row.items()} for row in rows
        ]

    async def execute(self, statement: Statement, values: Sequence[Any] = ()) -> int:
        """Run it; PostgreSQL says how many rows it was about."""
        self._prepare(statement)
        return _count(await self._connection.execute(statement.text, *values))

    async def execute_many(self, statement: Statement, values: Sequence[Sequence[Any]]) -> int:
        """All in one exchange, and in a transaction of its own."""
        self._prepare(statement)
        await self._connection.executemany(statement.text, values)
        return len(values)

    def _prepare(self, statement: Statement) -> None:
        if statement.session:
            self._connection.use_freely()


class PostgresDatabase(Database):
    """A pool of connections to one PostgreSQL database."""

    def __init__(self, pool: PostgresPool) -> None:
        self._pool = pool

    @classmethod
    async def open(cls, address: str, size: int) -> "PostgresDatabase":
        """A pool of `size` connections. Nothing is connected yet."""
        return cls(await PostgresPool.open(address, size, _set_types))

    @property
    def in_use(self) -> int:
        """How many connections are with somebody."""
        return self._pool.in_use

    async def close(self) -> None:
        """Close every connection; those that are in use are cut."""
        await self._pool.close()

    async def ready(self) -> bool:
        """Whether it answers the simplest question."""
        lent = await self._pool.take(None)
        is_fine = False
        try:
            is_fine = bool(await lent[0].fetchval("select true"))
        finally:
            await self._pool.give_back(lent, is_fine=is_fine)
        return is_fine

    @asynccontextmanager
    async def work(
        self, seconds: float | None, *, read_only: bool = False, together: bool = False
    ) -> AsyncIterator[Work]:
        """A connection out of the pool."""
        lent = await self._pool.take(seconds)
        connection, is_fine = lent[0], False
        try:
            milliseconds = 0 if seconds is None else min(max(1, round(seconds * 1000)), _WITHOUT_LIMIT)
            await connection.tell(milliseconds, read_only)
            if together:
                async with connection.transaction():
                    yield PostgresWork(connection)
            else:
                yield PostgresWork(connection)
            is_fine = True
        except TROUBLE as error:
            raise flow_error(error) from error
        finally:
            await self._pool.give_back(lent, is_fine=is_fine)


# Values


async def _set_types(connection: Any) -> None:
    """Values in and out as JSON has them; points in time as such."""
    for name, encode, decode in _TYPES:
        await connection.set_type_codec(name, schema="pg_catalog", encoder=encode, decoder=decode, format="text")


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _day(value: Any) -> str:
    return value.date().isoformat() if isinstance(value, datetime) else str(value)


def _moment(text: str) -> datetime | str:
    """A point in time; UTC where the column has no zone. What Python has no date for stays text (`infinity`)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _naive(value: Any) -> str:
    """A point in time for a column without a zone: in UTC."""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo is not None else value
        return moment.replace(tzinfo=None).isoformat()
    return str(value)


def _number(text: str) -> int | float | None:
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return float(text) if text != "NaN" else None


_TYPES = (
    ("json", _json, orjson.loads),
    ("jsonb", _json, orjson.loads),
    ("numeric", str, _number),
    ("timestamptz", _text, _moment),
    ("timestamp", _naive, _moment),
    ("date", _day, str),
    ("time", str, str),
    ("timetz", str, str),
    ("interval", str, str),
    ("uuid", str, str),
    ("inet", str, str),
    ("cidr", str, str),
    ("money", str, str),
    ("xml", str, str),
)


_PLAIN = frozenset({str, int, float, bool, bytes, datetime, type(None)})


def _plain(value: Any) -> Any:
    """Values of columns as data: lists and rows with what is in them, anything rare as PostgreSQL writes it."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, asyncpg.Record):
        return {name: _plain(item) for name, item in value.items()}
    if type(value) in _PLAIN or isinstance(value, dict):
        return value
    if isinstance(value, asyncpg.Range):
        return _range(value)
    return value.as_string() if isinstance(value, asyncpg.BitString) else str(value)


def _range(value: "asyncpg.Range[Any]") -> str:
    """A range as PostgreSQL writes it: `[1,5)`."""
    if value.isempty:
        return "empty"
    ends = ("" if end is None else _text(end) for end in (value.lower, value.upper))
    return f"{'[' if value.lower_inc else '('}{','.join(ends)}{']' if value.upper_inc else ')'}"


def _count(status: str) -> int:
    """The number at the end of what PostgreSQL says of a statement: `INSERT 0 3`."""
    last = status.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


# Errors

_RULES = {
    "23502": "rule that a column must not be empty",
    "23503": "foreign key",
    "23505": "unique constraint",
    "23514": "check constraint",
    "23P01": "exclusion constraint",
}
_WRONG_KIND = re.compile(
    r"\((expected [\w.]+, got [\w.]+|value out of \w+ range|'\w+' object cannot be interpreted as an integer"
    r"|must be real number, not \w+|a (?:boolean|bytes-like object) is required[^()]*(?:\(got type \w+\))?)\)$"
)
_AGAIN = frozenset({"40001", "40P01", "55P03"})
_GONE = ("08", "57P", "53", "28", "3D")


def flow_error(error: Exception) -> FlowError:
    """What the error of a statement means for the flow."""
    if not isinstance(error, asyncpg.PostgresError):
        # What asyncpg itself finds wrong is about the number of values, or about a connection that is gone.
        is_about_values = isinstance(error, asyncpg.InterfaceError) and "argument" in str(error)
        return unfitting("the statement has another number of values") if is_about_values else unreachable()
    state = error.sqlstate or ""
    if state.startswith("23"):
        return violated(_rule(error, state))
    if state == "57014":
        return ran_out_of_time()
    if state in _AGAIN:
        return overtaken()
    if state.startswith(_GONE):
        return unreachable(state_of(error))
    if isinstance(error, asyncpg.DataError) and (reason := _reason(str(error))):
        return unfitting(reason)
    if state.startswith("22"):
        return unfitting(state_of(error) or "")
    return faulty(state_of(error) or "")


def _reason(message: str) -> str | None:
    """What asyncpg says against a value, without the value: `$2: expected str, got int`."""
    found = re.match(r"invalid input for query argument (\$\d+): ", message)
    wrong = _WRONG_KIND.search(message)
    return f"{found[1]}: {wrong[1]}" if found and wrong else None


def _rule(error: asyncpg.PostgresError, state: str) -> str:
    rule = _RULES.get(state, "rules of the table")
    name = error.constraint_name or error.column_name
    return f"{rule} `{name}`" if name else rule
