"""Keeps calls of models within what a provider allows: so many at once, and so many tokens in a minute.

Callers go in the order in which they came. One that is cancelled while it waits, or whose call fails, takes nothing
away from the others.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from time import monotonic


@dataclass(frozen=True, slots=True)
class Limits:
    """What a provider allows, or what the owner of the service wants; None is no limit."""

    concurrency: int | None = None
    tokens_per_minute: int | None = None


class Gate:
    """Where the calls of one account at a provider pass."""

    def __init__(self, limits: Limits) -> None:
        self._places = asyncio.Semaphore(limits.concurrency) if limits.concurrency is not None else None
        self._tokens = _Budget(limits.tokens_per_minute) if limits.tokens_per_minute is not None else None

    @asynccontextmanager
    async def passing(self, expected: int) -> AsyncIterator["Passed"]:
        """Wait for a place and for `expected` tokens; say afterwards with `used` how many there were."""
        passed = Passed()
        async with AsyncExitStack() as held:
            if self._places is not None:
                await held.enter_async_context(self._places)
            taken = await self._tokens.take(expected) if self._tokens is not None else 0
            try:
                yield passed
            finally:
                if self._tokens is not None:
                    self._tokens.give_back(taken - passed.tokens)


@dataclass(slots=True)
class Passed:
    """A call on its way; a call that fails has used no tokens."""

    tokens: int = 0

    def used(self, tokens: int) -> None:
        """What the provider counted."""
        self.tokens = tokens


class _Budget:
    """Tokens that come back evenly over a minute. It may be overdrawn: nobody knows before how long an answer gets."""

    def __init__(self, per_minute: int) -> None:
        self._most = float(per_minute)
        self._left = self._most
        self._seen = monotonic()
        self._turn = asyncio.Lock()

    async def take(self, tokens: int) -> int:
        """Wait until so many are left, and take them; gives how many were taken. More than a whole minute's are taken
        when the budget is full."""
        taken = min(tokens, int(self._most))
        async with self._turn:
            while (missing := taken - self._now_left()) > 0:  # noqa: ASYNC110 - time itself is waited for
                await asyncio.sleep(missing * 60.0 / self._most)
            self._left -= taken
        return taken

    def give_back(self, tokens: int) -> None:
        """What was taken and not used; below zero, what was used beyond."""
        self._left = min(self._most, self._now_left() + tokens)

    def _now_left(self) -> float:
        now = monotonic()
        self._left = min(self._most, self._left + (now - self._seen) * self._most / 60.0)
        self._seen = now
        return self._left
