"""Where an ASGI app spends the time of a request, in this process: without a server, by looking now and then.

A timer of the process's own CPU time interrupts the app each millisecond. The innermost frame on the stack that
belongs to a known part of the code gets the sample: what C code does counts for the Python line that called it.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from types import CodeType, FrameType
from typing import Any

from benchmarks.bench import CannotMeasure

ELSE = "everything else"
Piece = Callable[[str, str], "str | None"]
"""File and function -> part of a request, None when the frame that called it decides."""


class Asker:
    """Sends one request again and again to an app, as a server would."""

    def __init__(self, app: Any, path: str, body: bytes) -> None:
        self._app, self._body = app, body
        headers = [(b"host", b"127.0.0.1:8000"), (b"content-type", b"application/json")]
        self._scope: Mapping[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [*headers, (b"content-length", b"%d" % len(body))],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8000),
        }
        self.status = 0

    async def ask(self, times: int, state: Mapping[str, Any]) -> None:
        """That many requests, one after another."""
        for _ in range(times):
            await self._app(
                {**self._scope, "headers": list(self._scope["headers"]), "state": dict(state)},
                self._receive,
                self._send,
            )

    async def _receive(self) -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]


@asynccontextmanager
async def started(app: Any) -> AsyncIterator[Mapping[str, Any]]:
    """The app, started and stopped by the messages that a server sends; gives the state that its requests carry."""
    state: dict[str, Any] = {}
    to_app: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    from_app: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": state}
    task = asyncio.create_task(app(scope, to_app.get, from_app.put))
    to_app.put_nowait({"type": "lifespan.startup"})
    message = await from_app.get()
    if message["type"] != "lifespan.startup.complete":
        await asyncio.gather(task, return_exceptions=True)  # it raises what the message says
        raise CannotMeasure(f"the app does not start: {message.get('message', '')[-200:]}")
    try:
        yield state
    finally:
        to_app.put_nowait({"type": "lifespan.shutdown"})
        await task


@contextmanager
def sampled(piece: Piece, found: Counter[str], every: float = 0.001) -> Iterator[None]:
    """Count samples by part into `found`."""
    known: dict[CodeType, str | None] = {}

    def look(number: int, frame: FrameType | None) -> None:
        while frame is not None:
            code = frame.f_code
            if code not in known:
                known[code] = piece(code.co_filename.replace("\\", "/"), code.co_name)
            part = known[code]
            if part is not None:
                found[part] += 1
                return
            frame = frame.f_back
        found[ELSE] += 1

    before = signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, every, every)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


async def cost(asker: Asker, state: Mapping[str, Any], requests: int = 200, pieces: int = 20) -> float:
    """CPU microseconds of a request: those of the quickest tenth piece."""
    each = []
    for _ in range(pieces):
        began = time.process_time_ns()
        await asker.ask(requests, state)
        each.append((time.process_time_ns() - began) / requests / 1000)
    return sorted(each)[pieces // 10]
