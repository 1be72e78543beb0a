"""Answers as a stream of server-sent events while the workflow runs.

```
id: 3
event: token
data: {"node":"answer","text":"Hel"}
```
Events are `partial` (a node finished: its output), `token` (a piece of a model's text), `object` (what a model has
written of a typed answer so far: each holds more than the one before), `tool_call` and `tool_result` (an agent at
work), events of the flow's own, `done` (output, timings in milliseconds, execution id) and `error` (a problem
document). Each has one JSON object
on one line, written by a serializer; nothing that a node gives can end a line and start an event of its own. Comment
lines keep proxies awake.

The workflow puts its events into a queue and never waits for the client. When the client is slow, tokens of one node
that wait are joined into one event: the queue stays short and no text is lost. A client that leaves cancels the run.
Until the first event goes out nothing has been sent, so a run that fails before it is answered with a proper status.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic_ns
from typing import Any

from starlette.types import Message, Receive, Send

from . import problems
from .answers import in_milliseconds, to_json
from .context import ToolEvent
from .errors import ExpressionError
from .guard import ClientGone
from .host import in_time
from .reply import Reply
from .workflow import StreamedRun

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]
_COMMENT = b": still here\n\n"
# JSON leaves these as they are, and some clients take them for the end of a line.
_LINE_ENDS = (("\u2028".encode(), rb"\u2028"), ("\u2029".encode(), rb"\u2029"), ("\u0085".encode(), rb"\u0085"))


@dataclass(frozen=True, slots=True)
class EventStream:
    """How a workflow streams: seconds between signs of life, and how many events may wait before tokens are joined.

    `patience` are the seconds after which the answer begins even if there is no event yet. A client that takes nothing
    for `stall` seconds has left: it would keep its place among the runs for ever.
    """

    heartbeat: float = 15.0
    max_waiting: int = 256
    patience: float = 1.0
    stall: float = 60.0

    async def serve(self, streamed: StreamedRun, receive: Receive, send: Send) -> None:
        """Run the workflow and send its events.

        Raises the run's error when nothing was sent yet and ClientGone when the client left; an error that comes later
        is sent as an event and noted in `streamed.error`.
        """

        async def deliver(message: Message) -> None:
            try:
                async with asyncio.timeout(self.stall):
                    await send(message)
            except TimeoutError:
                raise ClientGone from None

        queue = _Queue(streamed, self.max_waiting)
        streamed.ctx.events = queue
        run = asyncio.create_task(in_time(streamed.run(streamed.ctx), streamed.timeout))
        run.add_done_callback(queue.wake)
        if streamed.answered is not None:
            streamed.answered.reply.add_done_callback(queue.wake)
        listener = asyncio.create_task(_listen(receive, queue))
        beat = asyncio.create_task(self._beat(queue))
        try:
            await _send_events(streamed, queue, run, deliver)
        finally:
            for task in (listener, beat):
                task.cancel()
            await _leave(streamed, run)

    async def _beat(self, queue: "_Queue") -> None:
        await asyncio.sleep(self.patience)
        while True:
            queue.comment()
            await asyncio.sleep(self.heartbeat)


class _Queue:
    """The events that wait to be sent; what the workflow sees as `ctx.events`."""

    def __init__(self, streamed: StreamedRun, max_waiting: int) -> None:
        self._events = frozenset(streamed.events)
        self._visible = frozenset(streamed.visible)
        self._max_waiting = max_waiting
        self._waiting: list[list[Any]] = []
        self._commented = False
        self._number = 0
        self._changed = asyncio.Event()
        self.client_left = False

    def partial(self, node: str, output: object) -> None:
        """A node finished."""
        if "partial" in self._events and node in self._visible:
            self._waiting.append(["partial", node, output])
            self._changed.set()

    def token(self, node: str, text: str) -> None:
        """A model said something."""
        if "token" not in self._events or not text:
            return
        if len(self._waiting) >= self._max_waiting:
            for entry in reversed(self._waiting):
                if entry[0] == "token" and entry[1] == node:
                    entry[2] += text
                    return
        self._waiting.append(["token", node, text])
        self._changed.set()

    def tool(self, node: str, event: ToolEvent) -> None:
        """An agent calls a tool, or has its result."""
        if event["event"] in self._events:
            self._waiting.append([event["event"], node, event])
            self._changed.set()

    def own(self, node: str, name: str, data: object) -> None:
        """The flow has an event of its own."""
        if "event" in self._events:
            self._waiting.append(["event", node, (name, data)])
            self._changed.set()

    def growing(self, node: str, output: object) -> None:
        """What a node has of its output so far. Only the newest waits: it holds all that came before."""
        if "object" not in self._events:
            return
        for entry in self._waiting:
            if entry[0] == "object" and entry[1] == node:
                entry[2] = output
                return
        self._waiting.append(["object", node, output])
        self._changed.set()

    def comment(self) -> None:
        """Ask for a sign of life."""
        self._commented = True
        self._changed.set()

    def leave(self) -> None:
        """The client is gone."""
        self.client_left = True
        self._changed.set()

    def wake(self, _: "asyncio.Future[Any]") -> None:
        """Something ended: have a look."""
        self._changed.set()

    async def changed(self) -> None:
        """Wait until there is something to send or something ended."""
        await self._changed.wait()
        self._changed.clear()

    def take(self) -> bytes:
        """What is to be sent now; empty when there is nothing."""
        waiting, self._waiting = self._waiting, []
        commented, self._commented = self._commented, False
        if not waiting:
            return _COMMENT if commented else b""
        return b"".join(self._frames(waiting))

    def frame(self, event: str, data: dict[str, Any]) -> bytes:
        """One event."""
        text = to_json(data)
        self._number += 1
        for raw, escaped in _LINE_ENDS:
            if raw in text:
                text = text.replace(raw, escaped)
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self._number, event.encode("ascii"), text)

    def _frames(self, waiting: list[list[Any]]) -> Iterator[bytes]:
        for kind, node, value in waiting:
            event = value[0] if kind == "event" else kind
            try:
                yield self.frame(event, {"node": node, **_data(kind, value)})
            except (TypeError, ExpressionError):
                # An object of the project's own Python, or an endless number: the flow may work with it, a client
                # cannot see it.
                yield self.frame(event, {"node": node, "output": None})


def _data(event: str, value: Any) -> dict[str, Any]:
    """What an event says beside its node."""
    if event in ("tool_call", "tool_result"):
        return {name: part for name, part in value.items() if name != "event"}
    if event == "event":
        return {"data": value[1]}
    return {"text" if event == "token" else "output": value}


async def _send_events(streamed: StreamedRun, queue: _Queue, run: "asyncio.Task[object]", send: Send) -> None:
    """Send events as they come, and the last one when the run has ended or answered."""
    ended = False
    while not ended:
        await queue.changed()
        if queue.client_left:
            raise ClientGone
        answered = streamed.answered is not None and streamed.answered.reply.done()
        ended = run.done() or answered
        if run.done() and not answered and not streamed.started and run.exception() is not None:
            run.result()
        chunk = queue.take()
        if ended:
            chunk += _last_event(streamed, queue, run)
        if not streamed.started:
            streamed.started = True
            headers = [*_HEADERS, (b"x-execution-id", streamed.ctx.execution_id.encode("ascii"))]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": chunk, "more_body": not ended})


def _last_event(streamed: StreamedRun, queue: _Queue, run: "asyncio.Task[object]") -> bytes:
    """`done` or `error`. An error is sent whatever the trigger lets through, or nobody would know that it is over."""
    ctx = streamed.ctx
    try:
        if streamed.answered is not None and streamed.answered.reply.done():
            output: object = streamed.answered.reply.result()
        else:
            output = run.result()
        if "done" not in streamed.events:
            return b""
        done: dict[str, Any] = {"node": None, "output": output}
        if isinstance(output, Reply):
            done = {"node": None, "output": output.body, "status": output.status}
        done["timings"] = in_milliseconds(monotonic_ns() - ctx.started_ns, ctx.timings)
        done["execution_id"] = ctx.execution_id
        return queue.frame("done", done)
    except Exception as error:
        streamed.error = error
        return queue.frame("error", {"node": None, **problems.document(error, ctx.execution_id)})


async def _listen(receive: Receive, queue: _Queue) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    queue.leave()


async def _leave(streamed: StreamedRun, run: "asyncio.Task[object]") -> None:
    """Let nothing run on that nobody asked for: a run that answered goes on, any other is cancelled and waited for."""
    if not run.done():
        if streamed.answered is not None and streamed.answered.reply.done():
            streamed.keep(run)
            return
        run.cancel()
        await asyncio.wait((run,))
    if not run.cancelled():
        run.exception()  # it may have failed just before, and there is nobody any more to be told
