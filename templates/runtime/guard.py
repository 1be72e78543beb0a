"""Ends a run when its client leaves or its time is over.

Watching a connection takes a task and a time limit takes a timer: more than a whole run of plain Python costs. So
nothing is set up until the run first waits for something: a callback is left with the event loop, which gets its turn
only then. A run that never waits takes the callback back, and has cost a fraction of a microsecond.
"""

import asyncio
from asyncio import Handle, Task, TimerHandle
from typing import Any, Literal

from starlette.types import Receive

Cause = Literal["client", "timeout"]


class ClientGone(Exception):
    """Nobody is there any more to take the answer."""


class Guard:
    """Watches the current task from its creation until `stop`."""

    __slots__ = ("_handle", "_listener", "_loop", "_receive", "_task", "_timeout", "_timer", "cause", "listening")

    def __init__(self, receive: Receive, timeout: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._task: Task[Any] | None = asyncio.current_task(self._loop)
        self._receive = receive
        self._timeout = timeout
        self._timer: TimerHandle | None = None
        self._listener: Task[None] | None = None
        self.listening = False
        self._handle: Handle | None = self._loop.call_soon(self._begin)
        self.cause: Cause | None = None

    def body_is_read(self) -> None:
        """From now on the only news from the client is that it leaves."""
        self.listening = True
        if self._handle is None:
            self._handle = self._loop.call_soon(self._begin)

    def stop(self) -> None:
        """Take down whatever was set up; may be called twice."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
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
        self._handle = None
        if self._timer is None:
            self._timer = self._loop.call_later(self._timeout, self._cancel, "timeout")
        if self.listening and self._listener is None:
            self._listener = self._loop.create_task(self._listen())

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._cancel("client")

    def _cancel(self, cause: Cause) -> None:
        if self.cause is None and self._task is not None:
            self.cause = cause
            self._task.cancel()
