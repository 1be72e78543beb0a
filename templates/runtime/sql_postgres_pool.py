"""Connections to PostgreSQL, lent to one statement or transaction at a time.

They belong to asyncpg's pool, which makes them when they are first needed and never has more than so many. What comes
back clean is kept at hand for the next who asks: to return a connection to that pool and to take it again costs as much
as a short statement. All others go back to it, to be cleaned or replaced, and so do all as soon as somebody waits.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, cast

import asyncpg

from . import logs
from .sql_errors import busy, unreachable

TROUBLE = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What asyncpg raises; an InternalClientError when a connection is cut while it is asked something."""
LONGEST_WAIT = 5.0
"""Seconds to wait for a connection when all are in use."""
_LEAVES_AFTER = 60.0
"""Seconds after which a connection that nobody uses is closed."""
_LOOKED_AT_AFTER = 1_000
"""Uses after which a connection goes back to asyncpg's pool, which replaces those that have served for long."""


class Connection(asyncpg.Connection):
    """Remembers what it was told about limits, and whether it has to be cleaned."""

    told: tuple[int, bool] = (0, False)
    used_freely: bool = False
    uses: int = 0

    @property
    def itself(self) -> "Connection":
        """The connection: asyncpg's pool gives out what stands in for it, and passes everything on."""
        return self

    async def tell(self, milliseconds: int, read_only: bool) -> None:
        """Set the limits of the next statement, unless they are what they were."""
        if self.told != (milliseconds, read_only):
            await self.execute(
                "select set_config('statement_timeout', $1, false),"
                " set_config('default_transaction_read_only', $2, false)",
                str(milliseconds),
                "on" if read_only else "off",
            )
            self.told = (milliseconds, read_only)

    def use_freely(self) -> None:
        """Something may be left behind."""
        self.used_freely = True

    async def clean(self) -> None:
        """Take away what statements may have left behind."""
        if self.used_freely:
            await self.execute(self.get_reset_query())
            self.told = (0, False)
            self.used_freely = False


Lent = tuple[Connection, Any]
"""A connection, and what asyncpg's pool wants back for it."""


class PostgresPool:
    """At most so many connections to one database."""

    def __init__(self, pool: "asyncpg.Pool[Any]", size: int) -> None:
        self._pool = pool
        self._size = size
        self._at_hand: deque[tuple[float, Lent]] = deque()
        """What was used last stands last; with the moment at which it came back."""
        self._waiting = 0
        self._closing_idle: asyncio.TimerHandle | None = None

    @classmethod
    async def open(cls, address: str, size: int, set_up: Callable[[Any], Coroutine[Any, Any, None]]) -> "PostgresPool":
        """Make the pool; `set_up` is called with each new connection. Nothing is connected yet."""
        pool = await asyncpg.create_pool(
            address,
            min_size=0,
            max_size=size,
            max_inactive_connection_lifetime=_LEAVES_AFTER,
            connection_class=Connection,
            init=set_up,
            reset=_clean,
            timeout=LONGEST_WAIT,
        )
        return cls(pool, size)

    @property
    def in_use(self) -> int:
        """How many connections are with somebody."""
        return self._pool.get_size() - self._pool.get_idle_size() - len(self._at_hand)

    async def take(self, seconds: float | None) -> Lent:
        """A connection; waits for one for as long as `LONGEST_WAIT`, and half of `seconds`. Raises `FlowError`."""
        while self._at_hand:
            _, lent = self._at_hand.pop()
            if not lent[0].is_closed():
                return lent
            await self._release(lent[1])
        self._waiting += 1
        try:
            return await self._out_of_the_pool(seconds)
        finally:
            self._waiting -= 1

    async def give_back(self, lent: Lent, *, is_fine: bool) -> None:
        """Take a connection back. is_fine: what was done with it has ended well."""
        connection, stand_in = lent
        connection.uses += 1
        is_plain = is_fine and not connection.used_freely and connection.uses % _LOOKED_AT_AFTER
        if is_plain and not self._waiting and not connection.is_in_transaction():
            loop = asyncio.get_running_loop()
            self._at_hand.append((loop.time(), lent))
            if self._closing_idle is None:
                self._closing_idle = loop.call_later(_LEAVES_AFTER, self._close_idle)
        else:
            await self._release(stand_in)

    async def _release(self, stand_in: Any) -> None:
        """Give a connection back to asyncpg's pool, which closes it when it cannot be cleaned."""
        try:
            await self._pool.release(stand_in)
        except TROUBLE as error:
            logs.write("warning", "a connection could not be cleaned and was closed", kind=type(error).__name__)

    async def close(self) -> None:
        """Close every connection; those that are in use are cut."""
        if self._closing_idle is not None:
            self._closing_idle.cancel()
        self._at_hand.clear()
        self._pool.terminate()
        await self._pool.close()

    async def _out_of_the_pool(self, seconds: float | None) -> Lent:
        pool = self._pool
        wait = None  # a clock costs more than to take what is there
        if not pool.get_idle_size():
            wait = LONGEST_WAIT if seconds is None else min(LONGEST_WAIT, seconds / 2)
        try:
            stand_in = await pool.acquire(timeout=wait)
        except TimeoutError:
            all_taken = pool.get_size() >= self._size and not pool.get_idle_size()
            raise busy() if all_taken else unreachable() from None
        except (*TROUBLE, ValueError) as error:
            raise unreachable(state_of(error)) from error
        return cast(Connection, stand_in).itself, stand_in

    def _close_idle(self) -> None:
        """Close what nobody has used for long, and look again later."""
        self._closing_idle = None
        loop = asyncio.get_running_loop()
        while self._at_hand and self._at_hand[0][0] <= loop.time() - _LEAVES_AFTER:
            self._at_hand.popleft()[1][0].terminate()
        if self._at_hand:
            after = self._at_hand[0][0] + _LEAVES_AFTER
            self._closing_idle = loop.call_at(after, self._close_idle)


async def _clean(connection: Any) -> None:
    await connection.clean()


def state_of(error: BaseException) -> str | None:
    """PostgreSQL's code for the error and its name: `42P01, undefined table`. None for errors of other kinds."""
    state = error.sqlstate if isinstance(error, asyncpg.PostgresError) else None
    if not state:
        return None
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__.removesuffix("Error")).lower()
    return f"{state}, {words}"
