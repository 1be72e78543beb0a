"""What nodes keep outside of a run: keys and values, locks, and turns under a limit.

Two things are a `Store`: Redis, and memory of this process in its place. Both mean the same by everything here. Values
are bytes of JSON. What goes wrong is a FlowError that holds no key and no value.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

from .errors import FlowError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Turn:
    """When a caller under a limit may go. `slot` says which turn it is, when it has to be given back; None: it would
    have to wait longer than it wants to, and no turn is taken.
    """

    wait: float
    slot: str | None


@dataclass(frozen=True, slots=True)
class Limit:
    """So many at most in any stretch of so many seconds, for all callers with the same key."""

    key: str
    count: int
    seconds: float


class Store(Protocol):
    """Keys and what is kept under them. Times are in seconds; they are kept to the millisecond."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes see the same."""

    @property
    def patience(self) -> float:
        """After so many seconds without an answer to anybody, those who can do without it go on."""

    async def get(self, key: str) -> bytes | None:
        """The value; None when there is none."""

    async def set(self, key: str, value: bytes, ttl: float | None = None, *, only_new: bool = False) -> bool:
        """Keep a value, for `ttl` seconds or for good; gives whether it was written."""

    async def delete(self, keys: Sequence[str]) -> int:
        """Forget what is kept under the keys; gives how many of them there were."""

    async def increase(self, key: str, by: int) -> int:
        """Add to a whole number, which is 0 when there is none yet; gives the sum."""

    async def expire(self, key: str, ttl: float) -> bool:
        """Forget the key after `ttl` seconds; gives whether there is such a key."""

    async def get_field(self, key: str, field: str) -> bytes | None:
        """The value of a field of a hash."""

    async def set_fields(self, key: str, fields: Mapping[str, bytes]) -> int:
        """Set fields of a hash; gives how many of them are new."""

    async def push(self, key: str, values: Sequence[bytes]) -> int:
        """Put values in front of a list, one after the other; gives its length."""

    async def pop(self, key: str) -> bytes | None:
        """Take the last value of a list."""

    async def slice(self, key: str, start: int, stop: int) -> list[bytes]:
        """The values of a list from `start` to `stop`, both included; negative numbers count from the end."""

    async def publish(self, channel: str, message: bytes) -> int:
        """Send a message to who listens now; gives how many do."""

    async def lock(self, name: str, token: str, ttl: float) -> int:
        """Take a lock for `ttl` seconds at most; gives its fence, a number that grows each time, or 0: it is held."""

    async def unlock(self, name: str, token: str) -> bool:
        """Let a lock go; gives whether it was still held with this token."""

    async def reserve(self, limit: Limit, longest_wait: float | None) -> Turn:
        """The next turn under a limit. Turns are given out in the order in which they are asked for."""

    async def give_back(self, limit: Limit, slot: str) -> None:
        """Somebody does not need a turn any more: the next who asks may have it."""

    async def find_or_claim(self, key: str, token: str, ttl: float) -> bytes | bool:
        """The value; or True: it is for the holder of the token to compute it, within `ttl` seconds; or False: somebody
        else is at it.
        """

    async def keep_claimed(self, key: str, token: str, ttl: float) -> None:
        """The holder of a claim is still at it."""

    async def settle_claim(self, key: str, token: str, value: bytes | None, ttl: float) -> None:
        """Give up a claim and keep what was computed, if anything, for `ttl` seconds."""

    async def ready(self) -> bool:
        """Whether it answers."""

    async def close(self) -> None:
        """Let everything go."""


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """What an operation gives. Who is cancelled meanwhile waits for its end first, and knows then that it was done:
    otherwise Redis might do it later than what undoes it.
    """
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise


def unreachable(detail: str | None = None) -> FlowError:
    """Redis is down, or went away."""
    return FlowError("Redis cannot be reached", kind="connection", status=503, detail=detail, retry_after=1.0)


def busy() -> FlowError:
    """Every connection of the pool is in use."""
    return FlowError("Redis has no connection left", kind="busy", status=503, retry_after=1.0)


def other_kind() -> FlowError:
    """A list is no hash, and neither is a value."""
    return FlowError("the key holds another kind of value", kind="redis", status=500)


def no_integer() -> FlowError:
    """Only whole numbers of 64 bits can be counted up."""
    return FlowError("the key holds no whole number, or the sum is too large", kind="redis", status=500)


def refused(detail: str) -> FlowError:
    """Redis does not do it."""
    return FlowError("Redis refused the operation", kind="redis", status=500, detail=detail)


_BEFORE_CLOSING: WeakKeyDictionary[Store, list[Callable[[], Awaitable[None]]]] = WeakKeyDictionary()


def before_closing(store: Store, finish: Callable[[], Awaitable[None]]) -> None:
    """Work for the store that must have ended before it is closed."""
    _BEFORE_CLOSING.setdefault(store, []).append(finish)


async def finish_work(store: Store) -> None:
    """Until work that was begun for the store has ended."""
    for finish in _BEFORE_CLOSING.pop(store, []):
        await finish()


_OPEN: WeakKeyDictionary[asyncio.AbstractEventLoop, list[Store]] = WeakKeyDictionary()


def opened(store: Store) -> None:
    """From now on `current_store` finds it."""
    _OPEN.setdefault(asyncio.get_running_loop(), []).append(store)


def closed(store: Store) -> None:
    """It is not to be used any more."""
    _OPEN[asyncio.get_running_loop()].remove(store)


def current_store() -> Store | None:
    """The store that the running service has opened, the first of several; for Python that has no context at hand."""
    stores = _OPEN.get(asyncio.get_running_loop())
    return stores[0] if stores else None
