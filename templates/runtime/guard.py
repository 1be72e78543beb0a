"""Ends a run when its client leaves or its time is over.

Watching a connection takes a task and a time limit takes a timer: more than a whole run of plain Python costs. So
nothing is set up until the run first waits for something. Whoever starts the run takes its first step to see whether it
does; a run that never waits is over by then and has cost nothing.
"""

import asyncio
from asyncio import Task
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

    __slots__ = ("_receive", "_timeout", "_watch", "body_is_read", "stopped")

    def __init__(self, receive: Receive, timeout: float) -> None:
        self._receive = receive
        self._timeout = timeout
        self._watch: _Watch | None = None
        self.body_is_read = False
        """Whether the request is there as a whole, so that the only news from the client is that it leaves."""
        self.stopped = False

    @coroutine
    def watch(self, run: Coroutine[Any, Any, R], awaited: object) -> Generator[Any, Any, R]:
        """The result of `run`, which has taken its first step and waits for `awaited`; to be awaited.

        Passes on what it waits for, and what comes back, as `await` does.
        """
        if not self.stopped:
            self._watch = _Watch(self._timeout)
        try:
            while True:
                if self.body_is_read and not self.stopped and self._watch is not None:
                    self._watch.listen(self._receive)
                try:
                    value = yield awaited
                except BaseException as error:
                    awaited = run.throw(error)
                else:
                    awaited = run.send(value)
        except StopIteration as done:
            result: R = done.value
            return result

    def stop(self) -> None:
        """Take down whatever was set up, for good; may be called twice."""
        self.stopped = True
        if self._watch is not None:
            self._watch.stop()

    def caused(self) -> Cause | None:
        """Why the task was cancelled, when that was us; None when somebody else did it (too)."""
        return self._watch.caused() if self._watch is not None else None


class _Watch:
    """What is set up for a run that waits: a timer, and a task that listens for the client."""

    __slots__ = ("_cause", "_listener", "_loop", "_task", "_timer")

    def __init__(self, timeout: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._timer = self._loop.call_later(timeout, self._cancel, "timeout")
        self._listener: Task[None] | None = None
        self._cause: Cause | None = None

    def listen(self, receive: Receive) -> None:
        """Cancel the run when the client leaves; may be called often."""
        if self._listener is None:
            self._listener = self._loop.create_task(self._listen(receive))

    def stop(self) -> None:
        """End the timer and the listener."""
        self._timer.cancel()
        if self._listener is not None:
            self._listener.cancel()

    def caused(self) -> Cause | None:
        """Why the task was cancelled, when that was us; None when somebody else did it (too)."""
        if self._cause is None or self._task is None or self._task.uncancel() > 0:
            return None
        return self._cause

    async def _listen(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._cancel("client")

    def _cancel(self, cause: Cause) -> None:
        if self._cause is None and self._task is not None:
            self._cause = cause
            self._task.cancel()
