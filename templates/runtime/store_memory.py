"""What Redis would keep, in memory of this process: the same meaning, for one process and until it ends."""

import heapq
import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar

from .pools import PoolKey
from .store import Limit, Store, Turn, closed, finish_work, no_integer, opened, other_kind

T = TypeVar("T")

_INTEGER = re.compile(rb"0|-?[1-9][0-9]{0,18}")
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_SWEEP_EVERY = 1_000


@dataclass(slots=True)
class _Entry:
    value: "bytes | dict[str, bytes] | deque[bytes]"
    expires: float | None = None


@dataclass(slots=True)
class _Turns:
    """The turns that were given out last, at most as many as the limit, and those that came back."""

    given: "deque[float]" = field(default_factory=deque)
    free: list[float] = field(default_factory=list)


class MemoryStore:
    """A `Store` in memory. What has expired goes when somebody asks for it, and now and then all of it."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._fences: dict[str, int] = {}
        self._turns: dict[Limit, _Turns] = {}
        self._writes = 0

    @property
    def is_shared(self) -> bool:
        """Nobody else sees it."""
        return False

    @property
    def patience(self) -> float:
        """It answers at once."""
        return 0.0

    @property
    def size(self) -> int:
        """How much is kept. Not its `len`, for a store with nothing in it is one all the same."""
        return len(self._entries) + len(self._turns)

    async def get(self, key: str) -> bytes | None:
        """The value; None when there is none."""
        entry = self._entry(key, bytes)
        return entry[1] if entry is not None else None

    async def set(self, key: str, value: bytes, ttl: float | None = None, *, only_new: bool = False) -> bool:
        """Keep a value, for `ttl` seconds or for good; gives whether it was written."""
        if only_new and self._live(key) is not None:
            return False
        self._write(key, _Entry(value, self._clock() + ttl if ttl is not None else None))
        return True

    async def delete(self, keys: Sequence[str]) -> int:
        """Forget what is kept under the keys; gives how many of them there were."""
        found = [key for key in dict.fromkeys(keys) if self._live(key) is not None]
        for key in found:
            del self._entries[key]
        return len(found)

    async def increase(self, key: str, by: int) -> int:
        """Add to a whole number, which is 0 when there is none yet; gives the sum."""
        found = self._entry(key, bytes)
        value = found[1] if found is not None else b"0"
        if not _INTEGER.fullmatch(value) or not _SMALLEST <= (total := int(value) + by) <= _LARGEST:
            raise no_integer()
        self._write(key, _Entry(b"%d" % total, found[0].expires if found is not None else None))
        return total

    async def expire(self, key: str, ttl: float) -> bool:
        """Forget the key after `ttl` seconds; gives whether there is such a key."""
        entry = self._live(key)
        if entry is None:
            return False
        entry.expires = self._clock() + ttl
        return True

    async def get_field(self, key: str, field: str) -> bytes | None:
        """The value of a field of a hash."""
        found = self._entry(key, dict)
        return found[1].get(field) if found is not None else None

    async def set_fields(self, key: str, fields: Mapping[str, bytes]) -> int:
        """Set fields of a hash; gives how many of them are new."""
        found = self._entry(key, dict)
        held: dict[str, bytes] = found[1] if found is not None else {}
        new = sum(name not in held for name in fields)
        held.update(fields)
        if found is None and held:
            self._write(key, _Entry(held))
        return new

    async def push(self, key: str, values: Sequence[bytes]) -> int:
        """Put values in front of a list, one after the other; gives its length."""
        found = self._entry(key, deque)
        held: deque[bytes] = found[1] if found is not None else deque()
        held.extendleft(values)
        if found is None and held:
            self._write(key, _Entry(held))
        return len(held)

    async def pop(self, key: str) -> bytes | None:
        """Take the last value of a list. A list without values is gone."""
        found = self._entry(key, deque)
        if found is None:
            return None
        last: bytes = found[1].pop()
        if not found[1]:
            del self._entries[key]
        return last

    async def slice(self, key: str, start: int, stop: int) -> list[bytes]:
        """The values of a list from `start` to `stop`, both included; negative numbers count from the end."""
        found = self._entry(key, deque)
        held: list[bytes] = list(found[1]) if found is not None else []
        first = max(start + len(held), 0) if start < 0 else start
        last = stop + len(held) if stop < 0 else stop
        return held[first : last + 1] if last >= 0 else []

    async def publish(self, channel: str, message: bytes) -> int:
        """Nobody can listen in memory."""
        return 0

    async def lock(self, name: str, token: str, ttl: float) -> int:
        """Take a lock for `ttl` seconds at most; gives its fence, a number that grows each time, or 0: it is held."""
        if not await self.set(f"lock:{{{name}}}", token.encode(), ttl, only_new=True):
            return 0
        self._fences[name] = self._fences.get(name, 0) + 1
        return self._fences[name]

    async def unlock(self, name: str, token: str) -> bool:
        """Let a lock go; gives whether it was still held with this token."""
        key = f"lock:{{{name}}}"
        return await self.get(key) == token.encode() and bool(await self.delete([key]))

    async def reserve(self, limit: Limit, longest_wait: float | None) -> Turn:
        """The next turn under a limit. Turns are given out in the order in which they are asked for."""
        now = self._clock()
        turns = self._turns.get(limit)
        if turns is None:
            self._sweep_now_and_then()
            turns = self._turns[limit] = _Turns()
        while turns.free and turns.free[0] < now:
            heapq.heappop(turns.free)
        is_full = len(turns.given) >= limit.count
        slot = turns.free[0] if turns.free else max(now, turns.given[0] + limit.seconds) if is_full else now
        wait = slot - now
        if longest_wait is not None and wait > longest_wait:
            return Turn(wait, None)
        if turns.free:
            heapq.heappop(turns.free)
        else:
            if is_full:
                turns.given.popleft()
            turns.given.append(slot)
        return Turn(wait, repr(slot))

    async def give_back(self, limit: Limit, slot: str) -> None:
        """Somebody does not need a turn any more: the next who asks may have it."""
        turns = self._turns.get(limit)
        if turns is not None:
            heapq.heappush(turns.free, float(slot))

    async def find_or_claim(self, key: str, token: str, ttl: float) -> bytes | bool:
        """The value; or True: it is for the holder of the token to compute it; or False: somebody else is at it."""
        found = await self.get(key)
        return found if found is not None else await self.set(f"{key}:claim", token.encode(), ttl, only_new=True)

    async def keep_claimed(self, key: str, token: str, ttl: float) -> None:
        """The holder of a claim is still at it."""
        if await self.get(f"{key}:claim") == token.encode():
            await self.expire(f"{key}:claim", ttl)

    async def settle_claim(self, key: str, token: str, value: bytes | None, ttl: float) -> None:
        """Give up a claim and keep what was computed, if anything, for `ttl` seconds."""
        if value is not None:
            await self.set(key, value, ttl)
        if await self.get(f"{key}:claim") == token.encode():
            await self.delete([f"{key}:claim"])

    async def ready(self) -> bool:
        """It is there as long as the process is."""
        return True

    async def close(self) -> None:
        """Forget everything."""
        await finish_work(self)
        self._entries.clear()
        self._fences.clear()
        self._turns.clear()

    def _live(self, key: str) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is not None and entry.expires is not None and entry.expires <= self._clock():
            del self._entries[key]
            return None
        return entry

    def _entry(self, key: str, kind: type[T]) -> tuple[_Entry, T] | None:
        """The entry and its value, which must be of this kind."""
        entry = self._live(key)
        if entry is None:
            return None
        if not isinstance(entry.value, kind):
            raise other_kind()
        return entry, entry.value

    def _write(self, key: str, entry: _Entry) -> None:
        self._entries[key] = entry
        self._sweep_now_and_then()

    def _sweep_now_and_then(self) -> None:
        """Forget what has expired although nobody asks for it, and limits that hold nobody back."""
        self._writes += 1
        if self._writes % _SWEEP_EVERY:
            return
        now = self._clock()
        for key in [key for key, each in self._entries.items() if each.expires is not None and each.expires <= now]:
            del self._entries[key]
        for limit in [limit for limit, each in self._turns.items() if each.given[-1] + limit.seconds <= now]:
            del self._turns[limit]


async def _open(address: str) -> Store:
    store = MemoryStore()
    opened(store)
    return store


async def _close(store: Store) -> None:
    closed(store)
    await store.close()


async def _ready(store: Store) -> bool:
    return await store.ready()


def memory_pool(name: str) -> PoolKey[Store]:
    """The key of a pool that is this process's memory, whatever the address."""
    return PoolKey(name, open=_open, close=_close, ready=_ready)
