"""Databases of workflows: `await ctx.pools[DATABASE].fetch_all(STATEMENT, [value], seconds=10.0)`.

Rows are objects of JSON data and points in time. Errors have the kind `constraint` (409: the database holds to a rule),
`timeout`, `connection` and `busy` (503: it cannot be reached, or has no connection left), `sql_value` (422: a value
does not fit) or `sql` (the statement itself is at fault). None of them holds a value.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from .pools import PoolKey
from .sql_statement import Statement, one_or_none, only_value, there

Row = dict[str, Any]


class Work(ABC):
    """One connection, for as long as it is needed: a statement, or several in a transaction."""

    @abstractmethod
    async def fetch_all(self, statement: Statement, values: Sequence[Any] = ()) -> list[Row]:
        """All rows."""

    @abstractmethod
    async def execute(self, statement: Statement, values: Sequence[Any] = ()) -> int:
        """Run it; gives the number of rows that it wrote or found."""

    @abstractmethod
    async def execute_many(self, statement: Statement, values: Sequence[Sequence[Any]]) -> int:
        """Run it for each of several lists of values, all or none of them; gives their number."""

    async def fetch_one(self, statement: Statement, values: Sequence[Any] = ()) -> Row | None:
        """The only row, or None."""
        return one_or_none(await self.fetch_all(statement, values))

    async def fetch_only(self, statement: Statement, values: Sequence[Any] = ()) -> Row:
        """The only row. Raises FlowError when there is none, for then something in the database keeps it back."""
        return there(await self.fetch_one(statement, values))

    async def fetch_value(self, statement: Statement, values: Sequence[Any] = ()) -> Any:
        """The first column of the only row, or None."""
        return only_value(await self.fetch_one(statement, values))


class Database(ABC):
    """A pool of connections to one database. `seconds` bounds the wait for a connection and, in the database itself,
    each statement.
    """

    @abstractmethod
    def work(
        self, seconds: float | None, *, read_only: bool = False, together: bool = False
    ) -> AbstractAsyncContextManager[Work]:
        """A connection out of the pool. together: in a transaction, which is undone when anything fails."""

    @abstractmethod
    async def close(self) -> None:
        """Close every connection."""

    @abstractmethod
    async def ready(self) -> bool:
        """Whether the database answers."""

    @asynccontextmanager
    async def transaction(self, seconds: float | None = None, *, read_only: bool = False) -> AsyncIterator[Work]:
        """Statements that take effect together or not at all."""
        async with self.work(seconds, read_only=read_only, together=True) as work:
            yield work

    async def fetch_all(
        self, statement: Statement, values: Sequence[Any] = (), *, seconds: float | None = None, read_only: bool = False
    ) -> list[Row]:
        """All rows."""
        async with self.work(seconds, read_only=read_only) as work:
            return await work.fetch_all(statement, values)

    async def fetch_one(
        self, statement: Statement, values: Sequence[Any] = (), *, seconds: float | None = None, read_only: bool = False
    ) -> Row | None:
        """The only row, or None."""
        async with self.work(seconds, read_only=read_only) as work:
            return await work.fetch_one(statement, values)

    async def fetch_only(
        self, statement: Statement, values: Sequence[Any] = (), *, seconds: float | None = None, read_only: bool = False
    ) -> Row:
        """The only row. Raises FlowError when there is none."""
        async with self.work(seconds, read_only=read_only) as work:
            return await work.fetch_only(statement, values)

    async def fetch_value(
        self, statement: Statement, values: Sequence[Any] = (), *, seconds: float | None = None, read_only: bool = False
    ) -> Any:
        """The first column of the only row, or None."""
        async with self.work(seconds, read_only=read_only) as work:
            return await work.fetch_value(statement, values)

    async def execute(
        self, statement: Statement, values: Sequence[Any] = (), *, seconds: float | None = None, read_only: bool = False
    ) -> int:
        """Run it; gives the number of rows that it wrote or found."""
        async with self.work(seconds, read_only=read_only) as work:
            return await work.execute(statement, values)

    async def execute_many(
        self, statement: Statement, values: Sequence[Sequence[Any]], *, seconds: float | None = None
    ) -> int:
        """Run it for each of several lists of values, all or none of them; gives their number."""
        async with self.work(seconds) as work:
            return await work.execute_many(statement, values)


def database_key(name: str, opened: Callable[[str], Awaitable[Database]]) -> PoolKey[Database]:
    """The key of a database that `opened` makes for an address."""
    return PoolKey(name, opened, _close, _ready)


async def _close(database: Database) -> None:
    await database.close()


async def _ready(database: Database) -> bool:
    return await database.ready()
