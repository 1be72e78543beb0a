"""Keeps what nodes gave in Redis, for all processes: one of them computes, the others wait.

Values are kept as JSON and read back into their type; what does not fit it any more is computed anew. When Redis does
not answer, everything is computed: a cache may be slow or empty, but it never fails anybody. A claim that was asked for
without an answer may have been given all the same, so it is given up when it turns out to be in the way.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic, monotonic_ns
from typing import Any, TypeVar
from uuid import uuid4
from weakref import WeakKeyDictionary

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from . import logs
from .cache import MAX_ENTRIES, Computations, KeptError, cache_key, cached
from .context import ExecutionContext
from .errors import FlowError
from .pools import PoolKey
from .store import Store, to_the_end
from .store_patience import patience_with

T = TypeVar("T")

_CLAIM_SECONDS = 10.0
"""So long others wait for a process that has died at its work."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.2
_REST_SECONDS = 1.0
"""So long Redis is not asked after it has not answered."""
_MOST_IN_DOUBT, _MOST_OF_A_KEY = 10_000, 16
"""Of how many keys and claims it is remembered that they may be held without anybody knowing."""

_ERRORS: TypeAdapter[KeptError] = TypeAdapter(KeptError)
# A value and an error are told apart by how the JSON begins: {"value":...} and {"error":...}.
_VALUE, _ERROR, _END = b'{"value":', b'{"error":', b"}"


class SharedCache:
    """What is kept in one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._patience = patience_with(store)
        self._computations = Computations()
        self._rests_until = 0.0
        self._in_doubt: OrderedDict[str, deque[str]] = OrderedDict()

    async def get_or_compute(
        self,
        key: bytes,
        ttl: float,
        kind: TypeAdapter[T],
        compute: Callable[[], Coroutine[Any, Any, T]],
        *,
        errors: float = 0.0,
    ) -> T:
        """The kept value, or what `compute` gives; whoever asks meanwhile, in any process, waits for the same one.

        An error of the flow is kept for `errors` seconds.
        """
        return await self._computations.join(key, partial(self._find_or_compute, key, ttl, kind, compute, errors))

    async def _find_or_compute(
        self,
        key: bytes,
        ttl: float,
        kind: TypeAdapter[T],
        compute: Callable[[], Coroutine[Any, Any, T]],
        errors: float,
    ) -> T:
        if monotonic() < self._rests_until:
            return await compute()
        name, token = f"cache:{key.hex()}", uuid4().hex
        try:
            found = await self._found_or_claimed(name, token)
        except FlowError as error:
            self._failed(name, token, error)
            return await compute()
        if found is not None:
            try:
                return _read(found, kind)
            except ValidationError:
                logs.write("info", "what was kept does not fit its type any more and is computed anew")
        return await self._compute(name, token, ttl, kind, compute, errors)

    async def _found_or_claimed(self, name: str, token: str) -> bytes | None:
        """What is kept; None when it is for us to compute it. Waits while another process does."""
        pause = _FIRST_PAUSE
        while True:
            try:
                found = await to_the_end(self._patience.ask(self._store.find_or_claim(name, token, _CLAIM_SECONDS)))
            except asyncio.CancelledError:
                await self._settle(name, token, None, 0)
                raise
            if found is not False:
                self._in_doubt.pop(name, None)
                return found if isinstance(found, bytes) else None
            for doubted in tuple(self._in_doubt.get(name, ())):
                await self._settle(name, doubted, None, 0)
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    async def _compute(
        self,
        name: str,
        token: str,
        ttl: float,
        kind: TypeAdapter[T],
        compute: Callable[[], Coroutine[Any, Any, T]],
        errors: float,
    ) -> T:
        kept: bytes | None = None
        seconds = ttl
        try:
            async with self._claim_held(name, token):
                value = await compute()
            kept = _written(value, kind)
            return value
        except FlowError as error:
            if errors > 0:
                kept, seconds = _ERROR + _ERRORS.dump_json(KeptError.of(error)) + _END, errors
            raise
        finally:
            await self._settle(name, token, kept, seconds)

    async def _settle(self, name: str, token: str, kept: bytes | None, seconds: float) -> None:
        try:
            await self._patience.ask(self._store.settle_claim(name, token, kept, seconds))
        except FlowError as error:
            self._failed(name, token, error)

    def _failed(self, name: str, token: str, error: FlowError) -> None:
        """Nobody knows whether the claim is held now."""
        self._in_doubt.setdefault(name, deque(maxlen=_MOST_OF_A_KEY)).append(token)
        if len(self._in_doubt) > _MOST_IN_DOUBT:
            self._in_doubt.popitem(last=False)
        self._rest(error)

    @asynccontextmanager
    async def _claim_held(self, name: str, token: str) -> AsyncIterator[None]:
        """Renew the claim as long as the work goes on."""
        renewing = asyncio.create_task(self._renew(name, token))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, name: str, token: str) -> None:
        while True:
            await asyncio.sleep(_CLAIM_SECONDS / 3)
            try:
                await self._patience.ask(self._store.keep_claimed(name, token, _CLAIM_SECONDS))
            except FlowError as error:
                self._rest(error)

    def _rest(self, error: FlowError) -> None:
        """Compute without Redis for a while, and say so once."""
        if monotonic() >= self._rests_until:
            logs.write("warning", "the cache does not answer; everything is computed", kind=error.kind)
        self._rests_until = monotonic() + _REST_SECONDS


def _written(value: T, kind: TypeAdapter[T]) -> bytes | None:
    """The value as JSON; None for what JSON cannot hold, such as bytes that are no text."""
    try:
        return _VALUE + kind.dump_json(value) + _END
    except (PydanticSerializationError, ValueError):
        logs.write("warning", "a value cannot be kept: JSON does not hold it")
        return None


def _read(found: bytes, kind: TypeAdapter[T]) -> T:
    """The value; raises the error that is kept in its place, or ValidationError."""
    if found.startswith(_ERROR):
        raise _ERRORS.validate_json(found[len(_ERROR) : -len(_END)]).again()
    return kind.validate_json(found[len(_VALUE) : -len(_END)])


_CACHES: WeakKeyDictionary[Store, SharedCache] = WeakKeyDictionary()


def shared_cache(store: Store) -> SharedCache:
    """The cache in a store; one for each, so that callers of this process find each other."""
    found = _CACHES.get(store)
    if found is None:
        found = _CACHES[store] = SharedCache(store)
    return found


async def cached_for_all(
    ctx: ExecutionContext[Any, Any, Any],
    place: PoolKey[Store],
    kind: TypeAdapter[T],
    node: str,
    key_parts: tuple[object, ...],
    ttl: float,
    compute: Callable[[], Coroutine[Any, Any, T]],
    *,
    max_entries: int = MAX_ENTRIES,
    errors: float = 0.0,
    replay: Callable[[ExecutionContext[Any, Any, Any], str, T], None] | None = None,
) -> T:
    """The output of `node` kept in Redis for `key_parts`, or what `compute` gives, kept for `ttl` seconds.

    Where no address of Redis is set, it is kept in memory; `max_entries` bounds that. `replay` shows whoever watches
    the run what they would have seen while it was computed.
    """
    store = ctx.pools[place]
    if not store.is_shared:
        return await cached(ctx, node, key_parts, ttl, compute, max_entries=max_entries, errors=errors, replay=replay)
    started = monotonic_ns()
    key = cache_key(ctx.workflow, node, *key_parts)
    output = await shared_cache(store).get_or_compute(key, ttl, kind, compute, errors=errors)
    if node not in ctx.node_outputs:
        # It came from the cache or from another run, so the node itself has not told this run about it.
        if replay is not None:
            replay(ctx, node, output)
        ctx.finished(node, output, monotonic_ns() - started)
    return output
