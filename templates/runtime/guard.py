"""Ends a run when its client leaves or its time is over.

Watching a connection takes a task and a time limit takes a timer: more than a whole run of plain Python costs. So
nothing is set up until the run first waits for something. The guard takes the run's first step itself to see whether
it does; a run that never waits is over by then and has cost nothing.
"""

import asyncio
from asyncio import AbstractEventLoop, Task, TimerHandle
from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any, Literal, TypeVar

from starlette.types import Receive

R = TypeVar("R")
Cause = Literal["client", "timeout"]


class ClientGone(Exception):
    """Nobody is there any more to take the answer."""


class Guard:
    """Watches one run, from the moment it first waits until `stop`."""

    __slots__ = ("_listener", "_listening", "_loop", "_receive", "_stopped", "_task", "_timeout", "_timer", "cause")

    def __init__(self, receive: Receive, timeout: float) -> None:
        self._receive = receive
        self._timeout = timeout
        self._loop: AbstractEventLoop | None = None
        self._task: Task[Any] | None = None
        self._timer: TimerHandle | None = None
        self._listener: Task[None] | None = None
        self._listening = False
        self._stopped = False
        self.cause: Cause | None = None

    @coroutine
    def watch(self, run: Coroutine[Any, Any, R]) -> Generator[Any, Any, R]:
        """The result of `run`; to be awaited. Passes on what it waits for, and what comes back, as `await` does."""
        try:
            awaited = run.send(None)
            self._begin()
            while True:
                try:
                    value = yield awaited
                except BaseException as error:
                    awaited = run.throw(error)
                else:
                    awaited = run.send(value)
        except StopIteration as done:
            result: R = done.value
            return result

    @property
    def listening(self) -> bool:
        """Whether the request is there as a whole."""
        return self._listening

    def body_is_read(self) -> None:
        """From now on the only news from the client is that it leaves."""
        self._listening = True
        if self._loop is not None:
            self._listen_from_now(self._loop)

    def stop(self) -> None:
        """Take down whatever was set up, for good; may be called twice."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._listener is not None:
            self._listener.cancel()
            self._listener = None

    def caused(self) -> Cause | None:
        """Why the task was cancelled, when that was us; None when somebody else did it (too)."""
        if self.cause is None or self._task is None or self._task.uncancel() > 0:
            return None
        return self.cause

    def _begin(self) -> None:
        if self._stopped:
            return
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._timer = self._loop.call_later(self._timeout, self._cancel, "timeout")
        if self._listening:
            self._listen_from_now(self._loop)

    def _listen_from_now(self, loop: AbstractEventLoop) -> None:
        if self._listener is None and not self._stopped:
            self._listener = loop.create_task(self._listen())

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._cancel("client")

    def _cancel(self, cause: Cause) -> None:
        if self.cause is None and self._task is not None:
            self.cause = cause
            self._task.cancel()
