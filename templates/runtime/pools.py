"""Connection pools: opened once when the server starts, shared by all runs, closed when it stops."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from prometheus_client.core import Metric

from . import logs

T = TypeVar("T")

IN_MEMORY = "memory:"
"""An address that every pool with an embedded default understands: nothing is written to disk. For tests."""


class Counting(ABC):
    """A pool that counts something for `/metrics`."""

    @abstractmethod
    def collect(self) -> Iterable[Metric]:
        """What is shown."""


@dataclass(frozen=True, slots=True)
class PoolKey(Generic[T]):
    """Names a pool and says how it is opened, closed and asked whether it answers.

    `open` gets the service's address; it is empty for a pool that needs none, and where none is set: then what is
    embedded in this process takes the service's place. A service that is down must not keep the pool from opening:
    `/ready` tells of it.
    """

    name: str
    open: Callable[[str], Awaitable[T]]
    close: Callable[[T], Awaitable[None]]
    ready: Callable[[T], Awaitable[bool]]

    def at(self, address: str) -> "PoolAt":
        """The same pool, for a service at this address."""
        return PoolAt(self, address)


@dataclass(frozen=True, slots=True)
class PoolAt:
    """A pool, and where its service is. The address may hold a password."""

    key: PoolKey[Any]
    address: str = ""


class ConnectionPools:
    """The open pools of a service: `pools[HTTP]` is the HTTP client, typed.

    `at` gives other addresses to pools that `opened` is still to open.
    """

    __slots__ = ("_at", "_pools")

    def __init__(
        self, pools: Mapping[PoolKey[Any], Any] | None = None, *, at: Mapping[PoolKey[Any], str] | None = None
    ) -> None:
        self._pools: dict[PoolKey[Any], Any] = dict(pools or {})
        self._at = dict(at or {})

    def __getitem__(self, key: PoolKey[T]) -> T:
        pool: T = self._pools[key]
        return pool

    def __contains__(self, key: PoolKey[Any]) -> bool:
        return key in self._pools

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, wanted: Iterable[PoolKey[Any] | PoolAt], given: "ConnectionPools | None" = None
    ) -> AsyncIterator["ConnectionPools"]:
        """Open each pool, but for those in `given`, which stay their owner's; close ours at the end."""
        pools = cls(given._pools) if given is not None else cls()
        other = given._at if given is not None else {}
        async with AsyncExitStack() as stack:
            for each in wanted:
                key, address = (each.key, each.address) if isinstance(each, PoolAt) else (each, "")
                if key not in pools:
                    pool = await key.open(other.get(key, address))
                    stack.push_async_callback(key.close, pool)
                    pools._pools[key] = pool
            yield pools

    def collectors(self) -> list["Counting"]:
        """The pools that count something for `/metrics`."""
        return [pool for pool in self._pools.values() if isinstance(pool, Counting)]

    async def ready(self, seconds: float) -> dict[str, bool]:
        """Each pool's name and whether it answers within so many seconds. All are asked at the same time."""
        answers = await asyncio.gather(*(_answers(key, pool, seconds) for key, pool in self._pools.items()))
        return {key.name: answer for key, answer in zip(self._pools, answers, strict=True)}


async def _answers(key: PoolKey[T], pool: T, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await key.ready(pool)
    except Exception as error:
        logs.write("warning", "a pool does not answer", pool=key.name, kind=type(error).__name__)
        return False
