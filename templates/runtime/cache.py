"""Keeps what nodes gave, in memory, for a while: bounded, and computed once however many ask at the same time."""

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import date
from time import monotonic, monotonic_ns
from typing import Any, TypeVar

import orjson

from .context import ExecutionContext
from .pools import PoolKey

T = TypeVar("T")


@dataclass(slots=True)
class _Computing:
    """A value on its way, and how many wait for it."""

    task: "asyncio.Task[Any]"
    waiting: int = 0


class MemoryCache:
    """The values used last, at most `max_entries` of them. All readers share a value: do not change it."""

    def __init__(self, max_entries: int = 10_000) -> None:
        self._max_entries = max_entries
        self._kept: OrderedDict[bytes, tuple[float, Any]] = OrderedDict()
        self._computing: dict[bytes, _Computing] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: bytes) -> tuple[Any] | None:
        """The value kept for `key` in a tuple, so that a kept None is found too; None when there is none any more."""
        entry = self._kept.get(key)
        if entry is None:
            return None
        expires, value = entry
        if expires <= monotonic():
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return (value,)

    def keep(self, key: bytes, value: object, ttl: float) -> None:
        """Keep `value` for `ttl` seconds; what was not used for longest makes room."""
        self._kept[key] = (monotonic() + ttl, value)
        self._kept.move_to_end(key)
        if len(self._kept) > self._max_entries:
            self._kept.popitem(last=False)

    async def get_or_compute(self, key: bytes, ttl: float, compute: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The kept value, or what `compute` gives; who asks meanwhile waits for the same one.

        The computation is nobody's own: it goes on when the first who asked is cancelled, and stops when all are.
        Its error goes to everyone who waits and is not kept.
        """
        found = self.find(key)
        if found is not None:
            value: T = found[0]
            return value
        shared = self._computing.get(key)
        if shared is None:
            shared = self._computing[key] = _Computing(asyncio.create_task(self._compute(key, ttl, compute)))
        shared.waiting += 1
        try:
            result: T = await asyncio.shield(shared.task)
        finally:
            shared.waiting -= 1
            if shared.waiting == 0 and not shared.task.done():
                # Nobody wants it any more. It leaves the table at once, so that nobody joins what is being stopped.
                del self._computing[key]
                shared.task.cancel()
        return result

    async def _compute(self, key: bytes, ttl: float, compute: Callable[[], Coroutine[Any, Any, T]]) -> T:
        try:
            value = await compute()
            self.keep(key, value, ttl)
            return value
        finally:
            current = self._computing.get(key)
            if current is not None and current.task is asyncio.current_task():
                del self._computing[key]

    async def close(self) -> None:
        """Forget everything and stop what is still being computed."""
        self._kept.clear()
        tasks = [computing.task for computing in self._computing.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _open(address: str) -> MemoryCache:
    return MemoryCache()


async def _ready(cache: MemoryCache) -> bool:
    return True


CACHE: PoolKey[MemoryCache] = PoolKey("cache", open=_open, close=MemoryCache.close, ready=_ready)


def cache_key(*parts: object) -> bytes:
    """A key for JSON data: equal for equal data, whatever the order of an object's keys."""
    try:
        text = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
    except (TypeError, orjson.JSONEncodeError):
        # Integers above 64 bits and bytes, which orjson does not write.
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=_as_text).encode()
    return hashlib.sha256(text).digest()


def _as_text(value: object) -> str:
    if isinstance(value, date | bytes):
        return repr(value)
    raise TypeError(f"{type(value).__name__} cannot be part of a cache key")


async def cached(
    ctx: ExecutionContext[Any, Any, Any],
    node: str,
    key_parts: tuple[object, ...],
    ttl: float,
    compute: Callable[[], Coroutine[Any, Any, T]],
    *,
    replay: Callable[[ExecutionContext[Any, Any, Any], str, T], None] | None = None,
) -> T:
    """The output of `node` kept for `key_parts`, or what `compute` gives, kept for `ttl` seconds.

    `replay` shows whoever watches the run what they would have seen while it was computed.
    """
    started = monotonic_ns()
    cache = ctx.pools[CACHE]
    output = await cache.get_or_compute(cache_key(ctx.workflow, node, *key_parts), ttl, compute)
    if node not in ctx.node_outputs:
        # It came from the cache or from another run, so the node itself has not told this run about it.
        if replay is not None:
            replay(ctx, node, output)
        ctx.finished(node, output, monotonic_ns() - started)
    return output
