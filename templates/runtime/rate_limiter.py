"""Lets callers through one after the other, no faster than a limit allows; in this process or, over Redis, in all.

Never more than the limit's count pass within any stretch of its seconds. The store gives out turns; here callers stand
in a line for those of this process, first come, first served. Who leaves gives up the last turn, not its own, so
that everybody behind moves up.
"""

import asyncio
import heapq
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from . import logs
from .context import ExecutionContext
from .errors import FlowError
from .pools import PoolKey
from .store import Limit, Store, before_closing, current_store
from .store_memory import MemoryStore
from .store_patience import soon
from .waiting import seconds_of

MOST_TURNS = 100_000
"""A store remembers so many turns of a limit at most."""
SHORTEST = 0.001


class LimitReached(FlowError):
    """The turn would come later than the caller wants to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__("Too many requests", kind="rate-limit", status=429, upstream=429, retry_after=seconds)


@dataclass(slots=True, eq=False)
class _Line:
    """The callers of this process under one limit, and the turns that they have. A turn: (loop's time, slot)."""

    callers: "deque[asyncio.Future[None]]" = field(default_factory=deque)
    turns: list[tuple[float, str]] = field(default_factory=list)
    asking: int = 0
    timer: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nobody has to do with it any more."""
        return not self.callers and not self.turns and not self.asking


class RateLimiter:
    """`await RateLimiter().acquire("crm", 100)`: at most one call every 100 ms, whoever asks.

    Without a store it uses the service's: Redis where the service has it, so that all processes share the limit.
    """

    def __init__(self, store: Store | None = None) -> None:
        self._store = store

    async def acquire(self, key: str, min_interval_ms: float) -> float:
        """Wait for the turn; gives the milliseconds that it took. Turns come `min_interval_ms` apart."""
        return await self.wait(Limit(key, 1, min_interval_ms / 1000))

    async def wait(self, limit: Limit, longest_wait: float | None = None) -> float:
        """Wait for the turn; gives the milliseconds that it took.

        Raises LimitReached at once when the turn comes later than in `longest_wait` seconds.
        """
        store = self._store if self._store is not None else current_store()
        return await _lines_of(store if store is not None else _own_store()).wait(limit, longest_wait)


class _Lines:
    """All lines of this process for the turns of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._loop = asyncio.get_running_loop()
        self._lines: dict[Limit, _Line] = {}
        self._work: set[asyncio.Task[None]] = set()

    async def wait(self, limit: Limit, longest_wait: float | None) -> float:
        """Stand in line; gives the milliseconds that it took."""
        started = self._loop.time()
        line = self._lines.get(limit)
        if line is None:
            line = self._lines[limit] = _Line()
        caller: asyncio.Future[None] = self._loop.create_future()
        line.callers.append(caller)
        line.asking += 1
        self._keep(asyncio.create_task(self._ask(limit, line, caller, longest_wait)))
        try:
            await caller
        except asyncio.CancelledError:
            self._leave(limit, line, caller)
            raise
        return (self._loop.time() - started) * 1000

    async def _ask(self, limit: Limit, line: _Line, caller: "asyncio.Future[None]", longest_wait: float | None) -> None:
        """Get one more turn for the line. Without one, the caller leaves it: or the last one, if it has gone ahead."""
        refused: Exception | None = None
        try:
            turn = await soon(self._store, self._store.reserve(limit, longest_wait))
            if turn.slot is None:
                refused = LimitReached(turn.wait)
            else:
                heapq.heappush(line.turns, (self._loop.time() + turn.wait, turn.slot))
        except Exception as error:
            refused = error
        line.asking -= 1
        if refused is not None:
            _refuse(line, caller, refused)
        self._go_on(limit, line)

    def _go_on(self, limit: Limit, line: _Line) -> None:
        """Let those through whose turn has come, return turns that nobody needs, and set the clock for the next."""
        now = self._loop.time()
        while line.callers and line.turns and line.turns[0][0] <= now:
            heapq.heappop(line.turns)
            line.callers.popleft().set_result(None)
        while len(line.turns) > len(line.callers):
            last = max(line.turns)
            line.turns.remove(last)
            heapq.heapify(line.turns)
            self._keep(asyncio.create_task(self._give_back(limit, last[1])))
        if line.timer is not None:
            line.timer.cancel()
            line.timer = None
        if line.turns:
            line.timer = self._loop.call_at(line.turns[0][0], self._go_on, limit, line)
        elif line.is_idle and self._lines.get(limit) is line:
            del self._lines[limit]

    def _leave(self, limit: Limit, line: _Line, caller: "asyncio.Future[None]") -> None:
        """A caller was cancelled. One whose turn had come in the same moment hands it on."""
        if caller in line.callers:
            line.callers.remove(caller)
        elif line.callers and caller.done() and not caller.cancelled() and caller.exception() is None:
            line.callers.popleft().set_result(None)
        self._go_on(limit, line)

    async def _give_back(self, limit: Limit, slot: str) -> None:
        try:
            await self._store.give_back(limit, slot)
        except FlowError as error:
            logs.write("warning", "a turn under a rate limit could not be given back", kind=error.kind)

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def finish(self) -> None:
        """Until all that was begun has ended."""
        while self._work:
            await asyncio.wait(self._work)


def _refuse(line: _Line, caller: "asyncio.Future[None]", error: Exception) -> None:
    """Tell a caller that there is no turn; the last one, if the one that asked has gone ahead with another's."""
    if len(line.callers) <= len(line.turns) + line.asking:
        return  # somebody has left, so that there is a turn for everybody
    if caller not in line.callers:
        caller = line.callers[-1]
    line.callers.remove(caller)
    caller.set_exception(error)


_LINES: WeakKeyDictionary[Store, _Lines] = WeakKeyDictionary()
_OWN: WeakKeyDictionary[asyncio.AbstractEventLoop, Store] = WeakKeyDictionary()


def _lines_of(store: Store) -> _Lines:
    found = _LINES.get(store)
    if found is None:
        found = _LINES[store] = _Lines(store)
        before_closing(store, found.finish)
    return found


def _own_store() -> Store:
    """Memory, where there is no service around."""
    return _OWN.setdefault(asyncio.get_running_loop(), MemoryStore())


@with_config(ConfigDict(extra="forbid", strict=True))
class Passage(TypedDict):
    """What a `rate_limit` node gives. Milliseconds; `retry_after_ms` is 0 for who may pass."""

    allowed: bool
    waited_ms: float
    retry_after_ms: float


async def pass_limit(
    ctx: ExecutionContext[Any, Any, Any],
    place: PoolKey[Store],
    limit: Limit,
    *,
    longest_wait: float | None,
    tell: bool = False,
    open_when_down: bool = False,
) -> Passage:
    """Wait for a turn under a limit, for at most `longest_wait` seconds; 0: now or not at all.

    Raises LimitReached (429) when it comes later, or says so in the output: `tell`. When the store does not answer,
    everybody may pass with `open_when_down`, otherwise its error (503) is raised.
    """
    try:
        waited = await RateLimiter(ctx.pools[place]).wait(limit, longest_wait)
    except LimitReached as error:
        if not tell:
            raise
        return {"allowed": False, "waited_ms": 0.0, "retry_after_ms": (error.retry_after or 0.0) * 1000}
    except FlowError as error:
        if not open_when_down:
            raise
        logs.write("warning", "the rate limit cannot be asked for; everybody may pass", kind=error.kind)
        return {"allowed": True, "waited_ms": 0.0, "retry_after_ms": 0.0}
    return {"allowed": True, "waited_ms": round(waited, 3), "retry_after_ms": 0.0}


def limit_of(key: str, count: int, window: object) -> Limit:
    """A limit whose numbers were computed. Raises FlowError for what is no limit."""
    seconds = seconds_of(window, "window")
    if not 1 <= count <= MOST_TURNS or seconds < SHORTEST:
        raise FlowError("a rate limit lets 1 to 100,000 pass in a millisecond or more", kind="rate-limit", status=500)
    return Limit(key, count, seconds)
