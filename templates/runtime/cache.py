"""Keeps what nodes gave, in memory, for a while: bounded, and computed once however many ask at the same time."""

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import date
from functools import partial
from time import monotonic, monotonic_ns
from typing import Any, TypeVar

import orjson

from .context import ExecutionContext
from .errors import FlowError, NodeError, Place, locate
from .pools import PoolKey

T = TypeVar("T")


MAX_ENTRIES = 10_000
"""How many values are kept of each node, unless it says otherwise."""


@dataclass(slots=True)
class _Computing:
    """A value on its way, and how many wait for it."""

    task: "asyncio.Task[Any]"
    waiting: int = 0


class Computations:
    """What is being computed, once however many ask.

    A computation is nobody's own: it goes on when the first who asked is cancelled, and stops when all are. Its error
    goes to everyone who waits.
    """

    def __init__(self) -> None:
        self._running: dict[bytes, _Computing] = {}

    async def join(self, key: bytes, compute: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `compute` gives, or another one that was started for the same key and has not ended."""
        shared = self._running.get(key)
        if shared is None:
            shared = self._running[key] = _Computing(asyncio.create_task(self._compute(key, compute)))
        shared.waiting += 1
        try:
            result: T = await asyncio.shield(shared.task)
        finally:
            shared.waiting -= 1
            if shared.waiting == 0 and not shared.task.done():
                # Nobody wants it any more. It leaves the table at once, so that nobody joins what is being stopped.
                del self._running[key]
                shared.task.cancel()
        return result

    async def _compute(self, key: bytes, compute: Callable[[], Coroutine[Any, Any, T]]) -> T:
        try:
            return await compute()
        finally:
            current = self._running.get(key)
            if current is not None and current.task is asyncio.current_task():
                del self._running[key]

    async def stop(self) -> None:
        """Stop what is still being computed."""
        tasks = [computing.task for computing in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class KeptError:
    """An error that is kept in place of a value: only what a flow may know of it."""

    title: str
    kind: str
    status: int
    detail: str | None
    node: str | None
    upstream: int | None
    place: Place | None

    @classmethod
    def of(cls, error: FlowError) -> "KeptError":
        """What is kept of an error."""
        return cls(error.title, error.kind, error.status, error.detail, error.node, error.upstream, locate(error))

    def again(self) -> NodeError:
        """The error, to be raised once more."""
        error = NodeError(
            self.title,
            kind=self.kind,
            status=self.status,
            detail=self.detail,
            node=self.node,
            upstream=self.upstream,
        )
        error.place = self.place
        return error


class MemoryCache:
    """The values used last, at most `max_entries` of them. All readers share a value: do not change it.

    `space` gives a cache of its own to each of several users, so that none takes the place of another's values.
    """

    def __init__(self, max_entries: int = MAX_ENTRIES) -> None:
        self._max_entries = max_entries
        self._kept: OrderedDict[bytes, tuple[float, Any]] = OrderedDict()
        self._computations = Computations()
        self._spaces: dict[tuple[str, str], MemoryCache] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def space(self, owner: tuple[str, str], max_entries: int) -> "MemoryCache":
        """The cache of one user, made when it is first asked for."""
        found = self._spaces.get(owner)
        if found is None:
            found = self._spaces[owner] = MemoryCache(max_entries)
        return found

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

    async def get_or_compute(
        self, key: bytes, ttl: float, compute: Callable[[], Coroutine[Any, Any, T]], *, errors: float = 0.0
    ) -> T:
        """The kept value, or what `compute` gives; who asks meanwhile waits for the same one.

        An error of the flow is kept for `errors` seconds.
        """
        found = self.find(key)
        if found is None:
            return await self._computations.join(key, partial(self._compute, key, ttl, compute, errors))
        value: T | KeptError = found[0]
        if isinstance(value, KeptError):
            raise value.again()
        return value

    async def _compute(self, key: bytes, ttl: float, compute: Callable[[], Coroutine[Any, Any, T]], errors: float) -> T:
        try:
            value = await compute()
        except FlowError as error:
            if errors > 0:
                self.keep(key, KeptError.of(error), errors)
            raise
        self.keep(key, value, ttl)
        return value

    async def close(self) -> None:
        """Forget everything and stop what is still being computed."""
        self._kept.clear()
        await self._computations.stop()
        for space in self._spaces.values():
            await space.close()


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
    max_entries: int = MAX_ENTRIES,
    errors: float = 0.0,
    replay: Callable[[ExecutionContext[Any, Any, Any], str, T], None] | None = None,
) -> T:
    """The output of `node` kept for `key_parts`, or what `compute` gives, kept for `ttl` seconds.

    `max_entries` bounds what is kept of the node. An error is kept for `errors` seconds. `replay` shows whoever watches
    the run what they would have seen while it was computed.
    """
    started = monotonic_ns()
    space = ctx.pools[CACHE].space((ctx.workflow, node), max_entries)
    key = cache_key(*key_parts)
    found = space.find(key)
    if found is not None and not isinstance(found[0], KeptError):
        output: T = found[0]
    else:
        output = await space.get_or_compute(key, ttl, compute, errors=errors)
    if node not in ctx.node_outputs:
        # It came from the cache or from another run, so the node itself has not told this run about it.
        if replay is not None:
            replay(ctx, node, output)
        ctx.finished(node, output, monotonic_ns() - started)
    return output
