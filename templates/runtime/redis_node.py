"""What `redis` nodes do with a store: values are JSON data, and locks are waited for."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from pydantic import ConfigDict, with_config
from pydantic_core import from_json
from typing_extensions import TypedDict

from . import logs
from .answers import to_json
from .context import ExecutionContext
from .errors import FlowError
from .pools import PoolKey
from .store import Store, to_the_end
from .store_patience import soon
from .waiting import seconds_of

Place = PoolKey[Store]
Context = ExecutionContext[Any, Any, Any]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.1
_LONGEST_TTL = 100 * 366 * 86_400.0


@with_config(ConfigDict(extra="forbid", strict=True))
class Lock(TypedDict):
    """A lock that is held. `token` lets it go; `fence` grows with each who takes it."""

    token: str
    fence: int
    waited_ms: float


async def get_value(ctx: Context, place: Place, key: str) -> Any:
    """The value; None when there is none."""
    return _data(await ctx.pools[place].get(key))


async def set_value(
    ctx: Context, place: Place, key: str, value: object, *, ttl: object = None, only_new: bool = False
) -> bool:
    """Keep a value, for as long as `ttl` says or for good; gives whether it was written."""
    seconds = _ttl(ttl) if ttl is not None else None
    return await ctx.pools[place].set(key, to_json(value), seconds, only_new=only_new)


async def delete_keys(ctx: Context, place: Place, key: str | Sequence[str]) -> int:
    """Forget what is kept under one key or several; gives how many of them there were."""
    return await ctx.pools[place].delete([key] if isinstance(key, str) else key)


async def add_to(ctx: Context, place: Place, key: str, by: int = 1) -> int:
    """Add to a whole number, which is 0 when there is none yet; gives the sum."""
    return await ctx.pools[place].increase(key, by)


async def expire_key(ctx: Context, place: Place, key: str, ttl: object) -> bool:
    """Forget the key after a while; gives whether there is such a key."""
    return await ctx.pools[place].expire(key, _ttl(ttl))


async def get_field(ctx: Context, place: Place, key: str, field: str) -> Any:
    """The value of a field of a hash; None when there is none."""
    return _data(await ctx.pools[place].get_field(key, field))


async def set_fields(ctx: Context, place: Place, key: str, fields: Mapping[str, object]) -> int:
    """Set fields of a hash; gives how many of them are new."""
    return await ctx.pools[place].set_fields(key, {name: to_json(value) for name, value in fields.items()})


async def push_value(ctx: Context, place: Place, key: str, value: object) -> int:
    """Put a value in front of a list; gives its length."""
    return await ctx.pools[place].push(key, [to_json(value)])


async def pop_value(ctx: Context, place: Place, key: str) -> Any:
    """Take the last value of a list; None when it has none."""
    return _data(await ctx.pools[place].pop(key))


async def list_values(ctx: Context, place: Place, key: str, start: int = 0, stop: int = -1) -> list[Any]:
    """The values of a list from `start` to `stop`, both included; negative numbers count from the end."""
    return [_data(value) for value in await ctx.pools[place].slice(key, start, stop)]


async def publish(ctx: Context, place: Place, channel: str, message: object) -> int:
    """Send a message to who listens now; gives how many do."""
    return await ctx.pools[place].publish(channel, to_json(message))


async def take_lock(ctx: Context, place: Place, name: str, ttl: object, *, wait: object = 0.0) -> Lock:
    """Take a lock, and wait for it for a while if another holds it. It ends by itself after `ttl`.

    Raises FlowError (409) when it is still held at the end.
    """
    store, token, seconds = ctx.pools[place], uuid4().hex, _ttl(ttl)
    loop = asyncio.get_running_loop()
    started = loop.time()
    until = started + seconds_of(wait, "wait")
    pause = _FIRST_PAUSE
    while True:
        fence = await _take(store, name, token, seconds)
        now = loop.time()
        if fence:
            return {"token": token, "fence": fence, "waited_ms": round((now - started) * 1000, 3)}
        if now >= until:
            title = "the lock is held by another"
            raise FlowError(title, kind="locked", status=409, upstream=409, retry_after=1.0)
        # Callers that wait for the same lock do not ask in step.
        await asyncio.sleep(min(random.uniform(pause / 2, pause), until - now))  # noqa: S311 - nothing secret about it
        pause = min(pause * 1.5, _LONGEST_PAUSE)


async def _take(store: Store, name: str, token: str, seconds: float) -> int:
    """Try once. Who is stopped while Redis answers may hold the lock without knowing it, so it lets go."""
    try:
        return await to_the_end(soon(store, store.lock(name, token, seconds)))
    except asyncio.CancelledError:
        try:
            await soon(store, store.unlock(name, token))
        except FlowError as error:
            logs.write("warning", "a lock could not be let go; it ends by itself", kind=error.kind)
        raise


async def release_lock(ctx: Context, place: Place, name: str, token: str) -> bool:
    """Let a lock go; gives whether it was still held with this token."""
    return await ctx.pools[place].unlock(name, token)


def _data(found: bytes | None) -> Any:
    if found is None:
        return None
    try:
        return from_json(found)
    except ValueError:
        raise FlowError("the key holds something that is no JSON", kind="redis", status=500) from None


def _ttl(duration: object) -> float:
    seconds = seconds_of(duration, "ttl")
    if not 0 < seconds <= _LONGEST_TTL:
        raise FlowError("`ttl` must be more than nothing and at most a hundred years", kind="redis", status=500)
    return seconds
