"""Connection pools: opened once when the server starts, shared by all runs, closed when it stops."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PoolKey(Generic[T]):
    """Names a pool and says how it is opened, closed and asked whether it answers."""

    name: str
    open: Callable[[], Awaitable[T]]
    close: Callable[[T], Awaitable[None]]
    ready: Callable[[T], Awaitable[bool]]


class ConnectionPools:
    """The open pools of a service: `pools[HTTP]` is the HTTP client, typed."""

    __slots__ = ("_pools",)

    def __init__(self, pools: dict[PoolKey[Any], Any] | None = None) -> None:
        self._pools: dict[PoolKey[Any], Any] = dict(pools or {})

    def __getitem__(self, key: PoolKey[T]) -> T:
        pool: T = self._pools[key]
        return pool

    def __contains__(self, key: PoolKey[Any]) -> bool:
        return key in self._pools

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, keys: Iterable[PoolKey[Any]], given: "ConnectionPools | None" = None
    ) -> AsyncIterator["ConnectionPools"]:
        """Open a pool for each key, but for those in `given`, which stay their owner's; close ours at the end."""
        pools = cls(given._pools if given is not None else None)
        async with AsyncExitStack() as stack:
            for key in keys:
                if key not in pools:
                    pool = await key.open()
                    stack.push_async_callback(key.close, pool)
                    pools._pools[key] = pool
            yield pools

    async def ready(self) -> dict[str, bool]:
        """Each pool's name and whether it answers."""
        return {key.name: await key.ready(pool) for key, pool in self._pools.items()}
