"""An event loop whose clock jumps to the next timer: sleeping takes no time, and every duration is exact."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Stuck(Exception):
    """Everybody waits and no timer is set: nothing can happen any more."""


class _Selector(selectors.SelectSelector):
    """Instead of waiting for a time, puts the clock on."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise Stuck
        self.now += max(timeout, 0.0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time starts at 0 and passes only while all tasks wait."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        """Seconds of virtual time."""
        return self._virtual.now


def run_virtually(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`. Raises Stuck when it can never end."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(work)
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def now() -> float:
    """The running loop's time."""
    return asyncio.get_running_loop().time()
