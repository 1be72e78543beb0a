"""`@cached(ttl=60)` for async functions of one's own: what a call gave is kept and given again.

    from app.runtime.cached import cached

    @cached(ttl=300)
    async def rates(country: str) -> dict[str, float]: ...

In memory of the process, or in Redis when the service has it: then all processes share it, and values are JSON.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from pydantic import TypeAdapter

from .cache import MAX_ENTRIES, MemoryCache, cache_key
from .cache_shared import shared_cache
from .store import current_store

P = ParamSpec("P")
R = TypeVar("R")


def cached(
    *,
    ttl: float,
    key: Callable[..., object] | None = None,
    max_entries: int = MAX_ENTRIES,
    errors: float = 0.0,
    kind: Any = Any,
) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
    """Keep what an async function gives for `ttl` seconds. One caller computes, others wait for it.

    key: from the arguments, what the value depends on, as JSON data; all arguments when it is not given.
    max_entries: how many values are kept in memory. errors: for how many seconds a FlowError is kept.
    kind: the type that a value from Redis is read back into.
    """
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def decorate(function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        memory: WeakKeyDictionary[asyncio.AbstractEventLoop, MemoryCache] = WeakKeyDictionary()
        name = f"{function.__module__}.{function.__qualname__}"

        @wraps(function)
        async def call(*args: P.args, **kwargs: P.kwargs) -> R:
            async def compute() -> R:
                return await function(*args, **kwargs)

            place = cache_key(name, key(*args, **kwargs) if key is not None else [args, kwargs])
            store = current_store()
            if store is not None and store.is_shared:
                return await shared_cache(store).get_or_compute(place, ttl, adapter, compute, errors=errors)
            loop = asyncio.get_running_loop()
            kept = memory.get(loop)
            if kept is None:
                kept = memory[loop] = MemoryCache(max_entries)
            return await kept.get_or_compute(place, ttl, compute, errors=errors)

        return call

    return decorate
