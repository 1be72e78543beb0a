"""Conversations that go on from run to run: what was said in a session, as far as it fits into a window.

A conversation is a row of exchanges: what the user said, and all that followed until the model had answered, calls of
tools and their results included. Exchanges are kept, dropped and summed up whole, so that no call is ever without its
result. Each is added by itself: of two runs of one session at the same time, both are kept.

Where they are kept is a `MemoryStore`: this process (`MEMORY`), or one of the modules `memory_store` and `memory_sql`.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol

from .context import ExecutionContext
from .errors import FlowError
from .llm_turns import Message, Turn, text_of_content
from .pools import PoolKey
from .run_log import log_event

# Seconds that a session is kept after it was last used.
TTL = 7 * 86_400.0

# Characters of a token, about; every model counts in its own way.
CHARACTERS = 4

# Exchanges that are kept at most, whatever the window holds.
MOST_EXCHANGES = 500

MAX_SESSIONS = 10_000

Summarize = Callable[[str, Sequence[Turn]], Awaitable[str]]
"""Sums up what was summed up before and what was said since."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and all that followed until it was answered. Numbers rise within a session."""

    number: int
    turns: Sequence[Turn]


@dataclass(frozen=True, slots=True)
class Stored:
    """What is kept of a session, the oldest exchange first; `summary` stands for those before."""

    summary: str = ""
    exchanges: Sequence[Exchange] = ()


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long a session is kept after it was last used, in seconds, and how many exchanges of it."""

    ttl: float = TTL
    most: int = MOST_EXCHANGES


class MemoryStore(Protocol):
    """Where conversations are kept."""

    async def load(self, key: str) -> Stored:
        """What is kept of a session; nothing where it is new or too old."""

    async def append(self, key: str, turns: Sequence[Turn], keeping: Keeping) -> None:
        """Add an exchange, whatever others add at the same time."""

    async def summarize(self, key: str, upto: int, summary: str) -> None:
        """Put a summary in the place of the exchanges up to this number, unless one has taken their place already."""


@dataclass(frozen=True, slots=True)
class Window:
    """How much of a conversation a model is told: so many messages, or about so many tokens. The last exchange counts
    in any case."""

    messages: int | None = None
    tokens: int | None = None

    def begins(self, exchanges: Sequence[Exchange]) -> int:
        """The place of the first exchange that the model is told."""
        messages = tokens = 0
        for at in range(len(exchanges) - 1, -1, -1):
            messages += len(exchanges[at].turns)
            tokens += sum(map(_size, exchanges[at].turns))
            too_many = self.messages is not None and messages > self.messages
            if at < len(exchanges) - 1 and (too_many or (self.tokens is not None and tokens > self.tokens)):
                return at + 1
        return 0


@dataclass(frozen=True, slots=True)
class Conversation:
    """A session as a run sees it: what was said before, and where to what is said now."""

    store: MemoryStore
    key: str
    keeping: Keeping
    messages: Sequence[Turn] = ()

    @property
    def words(self) -> list[Message]:
        """The turns without tools, for a model that has none."""
        return [turn for turn in self.messages if turn["role"] != "tool" and not turn.get("tool_calls")]

    async def keep(self, turns: Sequence[Turn]) -> None:
        """Add what was said now. A run without a session leaves nothing."""
        if self.key:
            await self.store.append(self.key, [_kept(turn) for turn in turns], self.keeping)


async def recall(
    ctx: ExecutionContext[Any, Any, Any],
    node: str,
    store: MemoryStore,
    session: str | int | None,
    *,
    window: Window,
    ttl: float = TTL,
    summarize: Summarize | None = None,
) -> Conversation:
    """The conversation of a session, as far as it fits into the window; without a session there is none.

    What no longer fits is summed up where there is a way to do so. When that fails the run goes on without it, and the
    next one tries again.
    """
    keeping = Keeping(
        ttl, min(window.messages or MOST_EXCHANGES, MOST_EXCHANGES) if summarize is None else MOST_EXCHANGES
    )
    if session is None or session == "":
        return Conversation(store, "", keeping)
    if not isinstance(session, str | int) or isinstance(session, bool):
        raise FlowError("a session is text or a whole number", kind="invalid_request")
    key = f"{ctx.workflow}.{node}:{session}"
    stored = await store.load(key)
    begin = window.begins(stored.exchanges)
    summary, fallen = stored.summary, stored.exchanges[:begin]
    if fallen and summarize is not None:
        try:
            summary = await summarize(summary, [turn for exchange in fallen for turn in exchange.turns])
        except Exception as error:
            log_event(ctx, "warning", node, "the conversation could not be summed up", kind=type(error).__name__)
        else:
            await store.summarize(key, fallen[-1].number, summary)
    turns = [turn for exchange in stored.exchanges[begin:] for turn in exchange.turns]
    return Conversation(store, key, keeping, [*_summed_up(summary), *turns])


def _summed_up(summary: str) -> list[Message]:
    """A summary as turns: what users said must not become part of the system prompt."""
    if not summary:
        return []
    told = f"Summary of our conversation so far:\n{summary}"
    return [{"role": "user", "content": told}, {"role": "assistant", "content": "I have it in mind."}]


def _kept(turn: Turn) -> Turn:
    """A turn as it is kept: its words and calls. Files and what a provider thought are for the run alone."""
    if turn["role"] == "tool":
        return turn
    kept: Message = {"role": turn["role"], "content": text_of_content(turn["content"])}
    if turn.get("tool_calls"):
        kept["tool_calls"] = turn["tool_calls"]
    return kept


def _size(turn: Turn) -> int:
    """About how many tokens a turn has."""
    length = len(turn["content"] if isinstance(turn["content"], str) else text_of_content(turn["content"]))
    if turn["role"] != "tool":
        length += sum(len(call["name"]) + len(call["arguments"]) for call in turn.get("tool_calls", ()))
    return length // CHARACTERS + 4


@dataclass(slots=True)
class _Session:
    ends: float
    next_number: int = 1
    summary: str = ""
    exchanges: list[Exchange] = field(default_factory=list)


class ProcessMemory:
    """Conversations in this process: gone when it ends, and when too many others were used since."""

    def __init__(self, most: int = MAX_SESSIONS, clock: Callable[[], float] = monotonic) -> None:
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._most = most
        self._clock = clock

    async def load(self, key: str) -> Stored:
        """What is kept of a session."""
        session = self._find(key)
        return Stored(session.summary, tuple(session.exchanges)) if session is not None else Stored()

    async def append(self, key: str, turns: Sequence[Turn], keeping: Keeping) -> None:
        """Add an exchange."""
        session = self._find(key)
        if session is None:
            session = self._sessions[key] = _Session(0.0)
        session.ends = self._clock() + keeping.ttl
        session.exchanges.append(Exchange(session.next_number, turns))
        session.next_number += 1
        del session.exchanges[: -keeping.most]
        self._sessions.move_to_end(key)
        while len(self._sessions) > self._most:
            self._sessions.popitem(last=False)

    async def summarize(self, key: str, upto: int, summary: str) -> None:
        """Put a summary in the place of the first exchanges."""
        session = self._find(key)
        if session is not None and session.exchanges and session.exchanges[0].number <= upto:
            session.summary = summary
            session.exchanges = [exchange for exchange in session.exchanges if exchange.number > upto]

    def _find(self, key: str) -> _Session | None:
        session = self._sessions.get(key)
        if session is not None and session.ends <= self._clock():
            del self._sessions[key]
            return None
        return session


async def _open(address: str) -> ProcessMemory:
    return ProcessMemory()


async def _close(memory: ProcessMemory) -> None:
    """There is nothing to close."""


async def _ready(memory: ProcessMemory) -> bool:
    return True


MEMORY: PoolKey[ProcessMemory] = PoolKey("memory", open=_open, close=_close, ready=_ready)
