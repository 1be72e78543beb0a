"""uvicorn's HTTP connection, quicker for the ordinary case: a request that asks for nothing special, answered whole.

A third of the time of a small request goes into uvicorn's own Python. This connection does the same with less of it:
a whole answer leaves in one write instead of two, its header lines are checked all at once, and the timer that closes
an idle connection runs on instead of being set anew by every request. What is not ordinary goes uvicorn's own way:
streams, HEAD, pipelined requests, upgrades, HTTP/1.0, `Connection: close`, a client that does not read.

It also refuses (431) the head of a request that does not end. uvicorn would keep all of it, and put together an endless
address for minutes while nobody else is served.

All of this rests on inner parts of uvicorn, which may change with any version. So it is for the one it was written for
(`WRITTEN_FOR`); with another the server takes uvicorn's own connection, and nothing but speed and that bound are lost.
"""

import asyncio
import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import httptools
import uvicorn
from starlette.types import Message
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

WRITTEN_FOR = "0.54."

_MAX_HEAD = 65_536  # bytes of a request's head after the piece that it begins in
_NO_REQUEST = "Invalid HTTP request received."
_NAME = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_WRITTEN_BY_PROXIES = frozenset((b"x-forwarded-for", b"x-forwarded-proto"))
_STEERING = frozenset((b"connection", b"transfer-encoding"))
# What may stand in a header line: everything but control characters, of which only the tab is allowed.
_TEXT = bytes(code for code in range(256) if code >= 32 or code == 9).replace(b"\x7f", b"")


class Exchange(RequestResponseCycle):
    """One request and its answer. The head of an answer waits until it is known whether the body comes as a whole."""

    _waiting: tuple[bytes, int, Message] | None = None
    """The head as bytes, the length of the body that it announces, and the message that it came as."""

    async def send(self, message: Message) -> None:  # type: ignore[override]
        """Send a part of the answer. Raises RuntimeError when the app does not keep to ASGI."""
        if self._waiting is not None:
            head, length, start = self._waiting
            self._waiting = None
            if self._is_whole(message, length):
                self.transport.write(head + message["body"])
                self.response_complete = True
                self.message_event.set()
                self.on_response()
                return
            self.response_started = False
            await super().send(start)  # type: ignore[arg-type]
        elif not self.response_started and message["type"] == "http.response.start":
            self._waiting = self._head(message)
            if self._waiting is not None:
                self.response_started = True
                return
        await super().send(message)  # type: ignore[arg-type]

    def _is_whole(self, message: Message, length: int) -> bool:
        """Whether this is all of the body, and nothing stands against writing it together with its head."""
        return (
            message["type"] == "http.response.body"
            and not message.get("more_body", False)
            and len(message.get("body", b"")) == length > 0
            and self.keep_alive
            and not (self.disconnected or self.flow.write_paused or self.scope["method"] == "HEAD")
        )

    def _head(self, start: Message) -> tuple[bytes, int, Message] | None:
        """The head of an answer that announces its length; None when uvicorn has to look at it."""
        if self.access_log:
            return None
        length = None
        lines = [STATUS_LINE[start["status"]]]
        for name, value in (*self.default_headers, *start.get("headers", ())):
            beginning = _beginning(name)
            if beginning is None:
                return None
            if length is None and beginning == b"content-length: ":
                length = int(value)
            lines += (beginning, value, b"\r\n")
        lines.append(b"\r\n")
        head = b"".join(lines)
        # A value with a line end in it would make one more than there are lines.
        if length is None or head.translate(None, _TEXT) != b"\r\n" * (len(lines) // 3 + 2):
            return None
        return head, length, start


class Connection(HttpToolsProtocol):
    """One connection of a client."""

    _idle_since: float | None = None
    _begun: Any = None
    """The scope of the last request whose head was there as a whole: any other one is still on its way."""
    _unfinished: Any = None
    _head_size = 0
    """How much of the head on its way has come, after the piece that it began in."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._straight: Any = self.app.app if isinstance(self.app, ProxyHeadersMiddleware) else self.app

    def data_received(self, data: bytes) -> None:
        """Read what arrived; the connection is not idle."""
        self._idle_since = None
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.logger.warning(_NO_REQUEST)
            self.send_400_response(_NO_REQUEST)
            return
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self._unsupported_upgrade_warning()
        if self.scope is not self._begun:
            self._bound_head(len(data))

    def _bound_head(self, size: int) -> None:
        """Refuse a head that was not there as a whole after the last piece, of this size, once it is too long."""
        if self.scope is not self._unfinished:
            self._unfinished, self._head_size = self.scope, 0  # the piece may hold the end of the request before
            return
        self._head_size += size
        if self._head_size > _MAX_HEAD and not self.transport.is_closing():
            self._refuse_head()

    def _refuse_head(self) -> None:
        """Say that the head is too long, unless an answer to the request before it is being sent, and hang up."""
        if self.cycle is None or self.cycle.response_complete:
            lines = [STATUS_LINE[431], b"content-length: 0\r\n", b"connection: close\r\n", b"\r\n"]
            self.transport.write(b"".join(lines))
        self.transport.close()

    def on_headers_complete(self) -> None:
        """Start the app; what is left of the request comes to it as it arrives."""
        self._begun = self.scope
        parser, before = self.parser, self.cycle
        if (
            (before is not None and not before.response_complete)
            or not parser.should_keep_alive()
            or parser.should_upgrade()
            or parser.get_http_version() != "1.1"
            or self.limit_concurrency is not None
        ):
            super().on_headers_complete()
            return
        self._describe()
        self.cycle = Exchange(
            self.scope,
            self.transport,
            self.flow,
            self.logger,
            self.access_logger,
            self.access_log,
            self.server_state.default_headers,
            asyncio.Event(),
            self.expect_100_continue,
            True,
            self.on_response_complete,
        )
        self._start_asgi_task(self.cycle, self._next())

    def _next(self) -> Any:
        """Who is asked next: uvicorn's look at what a proxy wrote into the request, if one did."""
        for name, _ in self.headers:
            if name in _WRITTEN_BY_PROXIES:
                return self.app
        return self._straight

    def _describe(self) -> None:
        """Put into the scope what the request line says."""
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        scope: Any = self.scope
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["path"] = self.root_path + (unquote(path) if "%" in path else path)
        scope["raw_path"] = self.root_path.encode("ascii") + url.path
        scope["query_string"] = url.query or b""

    def on_response_complete(self) -> None:
        """Wait for the next request. A timer that runs already finds out by itself how long that takes."""
        if self.timeout_keep_alive_task is None or self.pipeline or self.transport.is_closing():
            super().on_response_complete()
        else:
            self.server_state.total_requests += 1
            self.flow.resume_reading()
        self._idle_since = self.loop.time()

    def _unset_keepalive_if_required(self) -> None:
        """Called when the connection is lost. A timer that still runs will find nothing to do."""
        self._idle_since = None

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection when it has been idle for long enough; else look again when it could be."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()


@lru_cache(maxsize=256)
def _beginning(name: bytes) -> bytes | None:
    """How the line of a header begins; None when its name is not one, or steers the connection."""
    lower = name.lower()
    if not _NAME.fullmatch(name) or lower in _STEERING:
        return None
    return lower + b": "


def connection_class() -> type[HttpToolsProtocol]:
    """The class of the server's connections: the one here, or uvicorn's own when that is of another version."""
    return Connection if uvicorn.__version__.startswith(WRITTEN_FOR) else HttpToolsProtocol
