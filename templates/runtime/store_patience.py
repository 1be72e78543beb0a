"""Asks a store on behalf of those who can do without it, and notices soon that it has fallen silent.

A store that is gone says so at once. One that is there and answers nobody, such as a Redis that is stopped or stuck,
would have everybody wait. It counts as silent when it was asked and nobody has got an answer for a while: then all who
wait are told, and it is left alone, but for one who asks again from time to time.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from . import logs
from .store import Store, unreachable

T = TypeVar("T")

_LOOKS = 4
"""So often it is looked at within the time. Counting looks instead of time does not blame the store for a busy loop."""
_FIRST_REST, _LONGEST_REST = 1.0, 5.0


class Patience:
    """How long one store is waited for, by all who ask it through here."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._asking: set[asyncio.Task[Any]] = set()
        self._silent_looks = 0
        self._next_look: asyncio.TimerHandle | None = None
        self._is_silent = False
        self._rest = _FIRST_REST
        self._rests_until = 0.0

    async def ask(self, question: Coroutine[Any, Any, T]) -> T:
        """What the store answers. Raises FlowError (503) when it is silent; what was asked may still be done then."""
        if self._is_left_alone():
            question.close()
            raise unreachable("it does not answer")
        task = asyncio.create_task(question)
        self._asking.add(task)
        self._look_later()
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise
        finally:
            self._asking.discard(task)
        if task.cancelled():
            raise unreachable("it does not answer")
        self._silent_looks = 0
        answer = task.result()
        self._is_silent, self._rest = False, _FIRST_REST
        return answer

    def _is_left_alone(self) -> bool:
        """Whether it is not to be asked now. After each rest one may, and the others wait for what comes of it."""
        now = asyncio.get_running_loop().time()
        if not self._is_silent:
            return False
        if now < self._rests_until:
            return True
        self._rests_until = now + self._seconds + _FIRST_REST
        return False

    def _look_later(self) -> None:
        if self._next_look is None:
            loop = asyncio.get_running_loop()
            self._next_look = loop.call_later(self._seconds / _LOOKS, self._look)

    def _look(self) -> None:
        """Whether anybody got an answer since the last time."""
        self._next_look = None
        if not self._asking:
            self._silent_looks = 0
            return
        self._silent_looks += 1
        if self._silent_looks <= _LOOKS:
            self._look_later()
            return
        self._silent_looks = 0
        self._give_up()

    def _give_up(self) -> None:
        """Tell all who wait, and leave the store alone for a while."""
        logs.write("warning", "Redis does not answer; it is left alone for a while", seconds=self._rest)
        self._is_silent = True
        self._rests_until = asyncio.get_running_loop().time() + self._rest
        self._rest = min(self._rest * 2, _LONGEST_REST)
        for task in self._asking:
            task.cancel()


_PATIENCE: WeakKeyDictionary[Store, Patience] = WeakKeyDictionary()


def patience_with(store: Store) -> Patience:
    """How long a store is waited for; one for all who ask it in this process."""
    found = _PATIENCE.get(store)
    if found is None:
        found = _PATIENCE[store] = Patience(store.patience)
    return found


async def soon(store: Store, question: Coroutine[Any, Any, T]) -> T:
    """What a store answers. Raises FlowError (503) soon where it is one that processes share and has fallen silent."""
    return await (patience_with(store).ask(question) if store.is_shared else question)
