"""Redis, by the `redis` client on a pool of connections. Each operation is one command or one script, so it is done
as a whole or not at all; the clock is that of the server."""

import os
import re
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    DataError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer

from .errors import CannotStart, FlowError
from .pools import IN_MEMORY, PoolKey
from .store import Limit, Store, Turn, busy, closed, finish_work, no_integer, opened, other_kind, refused, unreachable
from .store_memory import MemoryStore
from .store_patience import soon

_MAX_CONNECTIONS = 50
_SECONDS_TO_CONNECT = 2.0
_SECONDS_TO_ANSWER = 5.0
_SECONDS_FOR_A_CONNECTION = 5.0
PATIENCE = 1.0
"""So many seconds caches and limits wait for a Redis that is silent, unless REDIS_PATIENCE says otherwise."""

_LOCK = """
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
return redis.call('INCR', KEYS[2])
"""
_UNLOCK = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""
# KEYS: turns given out last, turns that came back. ARGV: count, microseconds, longest wait or -1, a name for the turn.
# Gives the wait and the turn; an empty turn when the wait is too long.
_RESERVE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local count, span, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. string.format('%.0f', now))
local free = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
local full = redis.call('LLEN', KEYS[1]) >= count
local slot = now
if free[1] then
  slot = tonumber(free[2])
elseif full then
  slot = math.max(now, tonumber(redis.call('LINDEX', KEYS[1], 0)) + span)
end
local wait = slot - now
if longest >= 0 and wait > longest then return {wait, ''} end
local text = string.format('%.0f', slot)
if free[1] then
  redis.call('ZREM', KEYS[2], free[1])
else
  if full then redis.call('LPOP', KEYS[1]) end
  redis.call('RPUSH', KEYS[1], text)
  redis.call('PEXPIRE', KEYS[1], math.ceil((wait + span) / 1000) + 1)
end
return {wait, text .. ':' .. ARGV[4]}
"""
_GIVE_BACK = """
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
local time = redis.call('TIME')
local last = tonumber(redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])
local left = math.ceil((last - time[1] * 1000000 - time[2]) / 1000)
redis.call('PEXPIRE', KEYS[1], math.max(left, 0) + 1)
return 1
"""
# The generic cell rate algorithm. KEYS: when the caller's allowance is whole again. ARGV: count, microseconds.
# Gives the microseconds to wait; 0: counted. Steps are whole, so that all of an allowance never add up to more than its
# span.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local span = tonumber(ARGV[2])
local whole = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + math.floor(span / tonumber(ARGV[1]))
local wait = whole - span - now
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', whole), 'PX', math.ceil((whole - now) / 1000) + 1)
return 0
"""
_FIND_OR_CLAIM = """
local value = redis.call('GET', KEYS[1])
if value then return value end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return 0
"""
_KEEP_CLAIMED = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
_SETTLE_CLAIM = """
if ARGV[2] == '1' then redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4]) end
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1
"""


class RedisStore:
    """A `Store` in Redis. Nothing is repeated here: who calls knows what may be done twice."""

    def __init__(self, address: str, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._pool = BlockingConnectionPool.from_url(
            address,
            max_connections=_MAX_CONNECTIONS,
            timeout=_SECONDS_FOR_A_CONNECTION,
            socket_connect_timeout=_SECONDS_TO_CONNECT,
            socket_timeout=_SECONDS_TO_ANSWER,
            retry=Retry(NoBackoff(), 0),
        )
        client = self._client = Redis.from_pool(self._pool)
        self._lock = client.register_script(_LOCK)
        self._unlock = client.register_script(_UNLOCK)
        self._reserve = client.register_script(_RESERVE)
        self._give_back = client.register_script(_GIVE_BACK)
        self._take = client.register_script(_TAKE)
        self._find_or_claim = client.register_script(_FIND_OR_CLAIM)
        self._keep_claimed = client.register_script(_KEEP_CLAIMED)
        self._settle_claim = client.register_script(_SETTLE_CLAIM)

    @property
    def is_shared(self) -> bool:
        """All processes see the same."""
        return True

    @property
    def patience(self) -> float:
        """After so many seconds of silence, those who can do without it go on."""
        return self._patience

    @property
    def connections(self) -> int:
        """How many connections are taken out of the pool."""
        return len(self._pool._in_use_connections)

    async def get(self, key: str) -> bytes | None:
        """The value; None when there is none."""
        found: bytes | None = await _asked(self._client.get(key))
        return found

    async def set(self, key: str, value: bytes, ttl: float | None = None, *, only_new: bool = False) -> bool:
        """Keep a value, for `ttl` seconds or for good; gives whether it was written."""
        px = _milliseconds(ttl) if ttl is not None else None
        return bool(await _asked(self._client.set(key, value, px=px, nx=only_new)))

    async def delete(self, keys: Sequence[str]) -> int:
        """Forget what is kept under the keys; gives how many of them there were."""
        return int(await _asked(self._client.delete(*keys))) if keys else 0

    async def increase(self, key: str, by: int) -> int:
        """Add to a whole number, which is 0 when there is none yet; gives the sum."""
        return int(await _asked(self._client.incrby(key, by)))

    async def expire(self, key: str, ttl: float) -> bool:
        """Forget the key after `ttl` seconds; gives whether there is such a key."""
        return bool(await _asked(self._client.pexpire(key, _milliseconds(ttl))))

    async def get_field(self, key: str, field: str) -> bytes | None:
        """The value of a field of a hash."""
        found: bytes | None = await _asked(self._client.hget(key, field))
        return found

    async def set_fields(self, key: str, fields: Mapping[str, bytes]) -> int:
        """Set fields of a hash; gives how many of them are new."""
        named: dict[Any, Any] = dict(fields)  # the client's type takes no dict of anything narrower
        return int(await _asked(self._client.hset(key, mapping=named))) if named else 0

    async def push(self, key: str, values: Sequence[bytes]) -> int:
        """Put values in front of a list, one after the other; gives its length."""
        return int(await _asked(self._client.lpush(key, *values) if values else self._client.llen(key)))

    async def pop(self, key: str) -> bytes | None:
        """Take the last value of a list."""
        found: bytes | None = await _asked(self._client.rpop(key))
        return found

    async def slice(self, key: str, start: int, stop: int) -> list[bytes]:
        """The values of a list from `start` to `stop`, both included; negative numbers count from the end."""
        return list(await _asked(self._client.lrange(key, start, stop)))

    async def publish(self, channel: str, message: bytes) -> int:
        """Send a message to who listens now; gives how many do."""
        return int(await _asked(self._client.publish(channel, message)))

    async def lock(self, name: str, token: str, ttl: float) -> int:
        """Take a lock for `ttl` seconds at most; gives its fence, a number that grows each time, or 0: it is held."""
        # The braces keep both keys on one node of a cluster.
        keys = [f"lock:{{{name}}}", f"lock:{{{name}}}:fence"]
        return int(await _asked(self._lock(keys, [token, _milliseconds(ttl)])))

    async def unlock(self, name: str, token: str) -> bool:
        """Let a lock go; gives whether it was still held with this token."""
        return bool(await _asked(self._unlock([f"lock:{{{name}}}"], [token])))

    async def reserve(self, limit: Limit, longest_wait: float | None) -> Turn:
        """The next turn under a limit. Turns are given out in the order in which they are asked for."""
        given, free = _turn_keys(limit)
        longest = -1 if longest_wait is None else _microseconds(longest_wait)
        arguments: list[str | int] = [limit.count, _microseconds(limit.seconds), longest, uuid4().hex]
        wait, slot = await _asked(self._reserve([given, free], arguments))
        return Turn(int(wait) / 1e6, slot.decode() or None)

    async def give_back(self, limit: Limit, slot: str) -> None:
        """Somebody does not need a turn any more: the next who asks may have it."""
        await _asked(self._give_back([_turn_keys(limit)[1]], [slot.partition(":")[0], slot]))

    async def take(self, caller: str, count: int, seconds: float) -> float:
        """Count one request of a caller who has `count` of them in `seconds`; gives the seconds to wait, 0: counted."""
        return int(await _asked(self._take([f"calls:{{{caller}}}"], [count, _microseconds(seconds)]))) / 1e6

    async def find_or_claim(self, key: str, token: str, ttl: float) -> bytes | bool:
        """The value; or True: it is for the holder of the token to compute it; or False: somebody else is at it."""
        found = await _asked(self._find_or_claim(_cache_keys(key), [token, _milliseconds(ttl)]))
        return found if isinstance(found, bytes) else bool(found)

    async def keep_claimed(self, key: str, token: str, ttl: float) -> None:
        """The holder of a claim is still at it."""
        await _asked(self._keep_claimed(_cache_keys(key)[1:], [token, _milliseconds(ttl)]))

    async def settle_claim(self, key: str, token: str, value: bytes | None, ttl: float) -> None:
        """Give up a claim and keep what was computed, if anything, for `ttl` seconds."""
        kept: list[str | bytes | int] = ["0", b"", 0] if value is None else ["1", value, _milliseconds(ttl)]
        await _asked(self._settle_claim(_cache_keys(key), [token, *kept]))

    async def ready(self) -> bool:
        """Whether it answers."""
        return bool(await _asked(self._client.ping()))

    async def close(self) -> None:
        """Close all connections."""
        await finish_work(self)
        await self._client.aclose()
        await self._pool.aclose()


def _turn_keys(limit: Limit) -> tuple[str, str]:
    key = f"rate:{{{limit.key}}}:{limit.count}:{_microseconds(limit.seconds)}"
    return key, f"{key}:free"


def _cache_keys(key: str) -> list[str]:
    return [f"{{{key}}}", f"{{{key}}}:claim"]


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)


async def _asked(call: Awaitable[Any]) -> Any:
    """What Redis answers; its errors as ours."""
    try:
        return await call
    except (RedisError, OSError) as error:
        raise _failure(error) from error


def _failure(error: Exception) -> FlowError:
    """Redis' own words may hold keys and values, so only what kind of error it is goes on."""
    match error:
        case AuthenticationError():
            return unreachable("it does not accept the user or the password")
        case NoConnection() if isinstance(error.__cause__, TimeoutError):
            return busy()  # nobody gave a connection back in time
        case BusyLoadingError() | ReadOnlyError() | NoConnection() | NoAnswer() | OSError():
            return unreachable()
        case ResponseError() if str(error).startswith("WRONGTYPE"):
            return other_kind()
        case ResponseError() if "not an integer" in str(error) or "overflow" in str(error):
            return no_integer()
        case DataError():
            return refused("a key or value is nothing that Redis can hold")
        case _:
            return refused(type(error).__name__)


async def _open(address: str) -> Store:
    store: Store = MemoryStore() if address in ("", IN_MEMORY) else _connected(address)
    opened(store)
    return store


def _connected(address: str) -> Store:
    try:
        return RedisStore(address, _patience())
    except ValueError:
        # The address may hold a password, so it is not repeated.
        advice = "write redis://HOST:6379/0, rediss:// for TLS, or unix:// with the path of a socket"
        raise CannotStart(f"the address of Redis cannot be used: {advice}") from None


def _patience() -> float:
    text = os.environ.get("REDIS_PATIENCE") or str(PATIENCE)
    if not re.fullmatch(r"\d(\.\d{1,3})?", text) or not 0.05 <= float(text) <= _SECONDS_TO_ANSWER:
        raise CannotStart(f"wrong setting: REDIS_PATIENCE should be seconds from 0.05 to {_SECONDS_TO_ANSWER:g}")
    return float(text)


async def _close(store: Store) -> None:
    closed(store)
    await store.close()


async def _ready(store: Store) -> bool:
    return await soon(store, store.ready())


def redis_pool(name: str) -> PoolKey[Store]:
    """The key of a pool of connections to Redis; without an address it is this process's memory."""
    return PoolKey(name, open=_open, close=_close, ready=_ready)
