"""The server's own HTTP connection says byte for byte what uvicorn's says, whatever client and app do."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from templates.runtime import http_connection
from templates.runtime.http_connection import Connection, connection_class

App = Callable[[Scope, Receive, Send], Awaitable[None]]
SILENCE = 40
"""Rounds of the event loop after which a server that said nothing more has said everything."""
DATE = (b"date", b"Sat, 28 Nov 2026 02:30:00 GMT")
CHUNKED = "Transfer-Encoding: chunked"


def start(*headers: tuple[bytes, bytes], status: int = 200) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(text: bytes = b"", more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": text, "more_body": more}


def length(number: int) -> tuple[bytes, bytes]:
    return b"content-length", b"%d" % number


ANSWERS: dict[str, list[Any]] = {
    "whole": [start((b"content-type", b"text/plain"), length(5)), body(b"hello")],
    "capitals": [start((b"Content-Type", b"text/plain"), (b"Content-Length", b"5")), body(b"hello")],
    "no-length": [start((b"content-type", b"text/plain")), body(b"hello")],
    "no-headers": [{"type": "http.response.start", "status": 200}, {"type": "http.response.body"}],
    "empty": [start(length(0)), body()],
    "no-content": [start(status=204), body()],
    "not-modified": [start((b"etag", b'"a"'), length(7), status=304), body()],
    "strange-status": [start(length(2), status=299), body(b"ok")],
    "pieces": [start(length(6)), body(b"abc", more=True), body(b"def")],
    "chunks": [start(), body(b"abc", more=True), body(b"", more=True), body(b"def")],
    "chunks-by-name": [start((b"transfer-encoding", b"chunked")), body(b"abc")],
    "length-and-chunks": [start(length(3), (b"transfer-encoding", b"chunked")), body(b"abc")],
    "two-lengths": [start(length(3), length(4)), body(b"abc")],
    "closes": [start(length(3), (b"connection", b"close")), body(b"abc")],
    "keeps": [start(length(3), (b"connection", b"keep-alive")), body(b"abc")],
    "tab": [start(length(3), (b"x-a", b"a\tb")), body(b"abc")],
    "latin": [start(length(3), (b"x-a", b"caf\xe9")), body(b"abc")],
    "no-value": [start(length(3), (b"x-a", b"")), body(b"abc")],
    "line-end-in-value": [start(length(3), (b"x-a", b"a\r\nx-b: b")), body(b"abc")],
    "newline-in-value": [start(length(3), (b"x-a", b"a\nb")), body(b"abc")],
    "return-in-value": [start(length(3), (b"x-a", b"a\rb")), body(b"abc")],
    "zero-in-value": [start(length(3), (b"x-a", b"a\x00b")), body(b"abc")],
    "delete-in-value": [start(length(3), (b"x-a", b"a\x7fb")), body(b"abc")],
    "space-in-name": [start(length(3), (b"x a", b"b")), body(b"abc")],
    "colon-in-name": [start(length(3), (b"x:a", b"b")), body(b"abc")],
    "line-end-in-name": [start(length(3), (b"x\r\na", b"b")), body(b"abc")],
    "too-long": [start(length(3)), body(b"abcd")],
    "too-short": [start(length(3)), body(b"ab")],
    "too-short-in-pieces": [start(length(3)), body(b"a", more=True), body(b"b")],
    "nothing": [],
    "body-first": [body(b"abc")],
    "after-the-end": [start(length(3)), body(b"abc"), body(b"def")],
    "fails": [RuntimeError("no")],
    "fails-after-a-piece": [start(length(6)), body(b"abc", more=True), RuntimeError("no")],
    "fails-afterwards": [start(length(3)), body(b"abc"), RuntimeError("no")],
    "two-heads-in-pieces": [start(length(3)), body(b"a", more=True), start(length(3))],
}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers as the path says; without one of those, tells what the request was."""
    assert scope["type"] == "http"
    given = b""
    while True:
        message = await receive()
        given += message.get("body", b"")
        if not message.get("more_body", False):
            break
    answer = ANSWERS.get(scope["path"][1:])
    if answer is None:
        keys = (
            "method",
            "path",
            "raw_path",
            "query_string",
            "http_version",
            "client",
            "scheme",
            "headers",
            "root_path",
        )
        told = repr([(key, scope[key]) for key in keys if key != "client"] + [given]).encode()
        answer = [start(length(len(told))), body(told)]
    for message in answer:
        if isinstance(message, Exception):
            raise message
        await send(message)


def get(path: str, *headers: str, method: str = "GET", version: str = "1.1", text: str = "") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: a", *headers, "", text]).encode("latin-1")


CONVERSATIONS: dict[str, list[bytes]] = {
    **{f"answer {name}": [get(f"/{name}"), get("/next")] for name in ANSWERS},
    **{f"head of {name}": [get(f"/{name}", method="HEAD"), get("/next")] for name in ANSWERS},
    **{f"{name} and close": [get(f"/{name}", "Connection: close"), get("/next")] for name in ("whole", "chunks")},
    "query": [get("/a/b?c=d&e=%20f"), get("/g%2Fh%C3%A4?x"), get("/?"), get("//a"), get("/a#b")],
    "absolute": [get("http://example.org/a?b=c")],
    "everything": [get("*", method="OPTIONS")],
    "http 1.0": [get("/whole", version="1.0"), get("/next")],
    "http 1.0, kept": [get("/whole", "Connection: keep-alive", version="1.0"), get("/next")],
    "body": [get("/a", "Content-Length: 3", method="POST", text="abc"), get("/next")],
    "body in pieces": [get("/a", "Content-Length: 6", method="POST"), b"abc", b"def", get("/next")],
    "body in chunks": [
        get("/a", "Transfer-Encoding: chunked", method="POST"),
        b"3\r\nabc\r\n",
        b"0\r\n\r\n",
        get("/b"),
    ],
    "head in pieces": [b"GET /a HT", b"TP/1.1\r\nHo", b"st: a\r\n\r", b"\n", get("/next")],
    "pipelined": [get("/a") + get("/whole") + get("/b", method="HEAD") + get("/chunks") + get("/c")],
    "expects": [get("/a", "Content-Length: 3", "Expect: 100-continue", method="POST"), b"abc", get("/next")],
    "upgrade": [get("/a", "Connection: Upgrade", "Upgrade: h2c"), get("/next")],
    "proxy": [get("/a", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https"), get("/next")],
    "no http": [b"hello\r\n\r\n"],
    "no http, later": [get("/a"), b"hello\r\n\r\n"],
    "two lengths": [get("/a", "Content-Length: 3", "Content-Length: 4", method="POST", text="abcd")],
    "length and chunks": [
        get("/a", "Content-Length: 3", "Transfer-Encoding: chunked", method="POST", text="0\r\n\r\n")
    ],
    "leaves": [get("/a", "Content-Length: 30", method="POST", text="abc"), b""],
}


@contextmanager
def quiet() -> Iterator[None]:
    """uvicorn logs what the app does wrong; here that is on purpose."""
    logger = uvicorn.config.logging.getLogger("uvicorn.error")
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = False


class Served:
    """An app behind one class of connections, on a port of its own."""

    def __init__(self, kind: type[HttpToolsProtocol], app: App, **options: Any) -> None:
        self.config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, http=kind, **options)
        self.config.load()
        self.state = ServerState()
        self.state.default_headers = [DATE]

    async def __aenter__(self) -> "Served":
        kind: Any = self.config.http_protocol_class
        self._server = await asyncio.get_running_loop().create_server(
            lambda: kind(config=self.config, server_state=self.state, app_state={}), "127.0.0.1", 0
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        for connection in list(self.state.connections):
            connection.transport.abort()
        await self._server.wait_closed()

    async def talk(self, pieces: list[bytes]) -> list[bytes | None]:
        """What the server says to each piece; None once it has closed the connection. An empty piece closes it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        heard: list[bytes | None] = []
        listening = asyncio.create_task(_listen(reader, heard))
        said: list[bytes | None] = []
        for piece in pieces:
            writer.write(piece)
            if not piece:
                writer.close()
            await _silence(heard)
            said += [b"".join(part for part in heard if part is not None), *(part for part in heard if part is None)]
            heard.clear()
        writer.close()
        listening.cancel()
        return said


async def _listen(reader: asyncio.StreamReader, heard: list[bytes | None]) -> None:
    try:
        while piece := await reader.read(65536):
            heard.append(piece)
    except ConnectionError:
        pass
    heard.append(None)


async def _silence(heard: list[bytes | None]) -> None:
    """Wait for so many rounds without news; a busy machine makes them longer, not fewer."""
    left, known = SILENCE, 0
    while left:
        await asyncio.sleep(0.003)
        left = SILENCE if len(heard) > known else left - 1
        known = len(heard)


async def conversations(kind: type[HttpToolsProtocol]) -> dict[str, list[bytes | None]]:
    async with Served(kind, app) as served:
        said = await asyncio.gather(*[served.talk(pieces) for pieces in CONVERSATIONS.values()])
        assert not served.state.tasks
    return dict(zip(CONVERSATIONS, said, strict=True))


def test_it_says_what_uvicorn_says() -> None:
    async def both() -> list[dict[str, list[bytes | None]]]:
        return [await conversations(HttpToolsProtocol), await conversations(Connection)]

    with quiet():
        stock, ours = uvloop.run(both())
    assert ours == stock
    said = stock["answer whole"][0]
    assert said is not None
    assert said.endswith(b"content-length: 5\r\n\r\nhello")


@pytest.mark.parametrize(
    "messages", [[start(length(3)), RuntimeError("no")], [start(length(3))]], ids=["fails", "ends"]
)
def test_an_app_that_stops_after_the_head_leaves_no_answer_that_looks_whole(messages: list[Any]) -> None:
    async def stopping(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            if isinstance(message, Exception):
                raise message
            await send(message)

    async def heard() -> list[bytes | None]:
        async with Served(Connection, stopping) as served:
            return await served.talk([get("/")])

    with quiet():
        said = uvloop.run(heard())
    assert said == [b"", None]


def test_the_ordinary_answer_leaves_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else all of this would be for nothing."""
    pieces: list[bytes] = []

    class Watched(Connection):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(_Recorded(transport, pieces))

    async def heard() -> None:
        async with Served(Watched, app) as served:
            await served.talk([get("/whole"), get("/whole"), get("/pieces")])

    uvloop.run(heard())
    assert [re.sub(rb"(?s).*\r\n\r\n", b"", piece) for piece in pieces] == [b"hello", b"hello", b"", b"abc", b"def"]


class _Recorded:
    """A transport that keeps what is written."""

    def __init__(self, transport: Any, pieces: list[bytes]) -> None:
        self._transport, self._pieces = transport, pieces

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._transport.write(piece)


def test_a_client_that_does_not_read_is_waited_for() -> None:
    large = b"x" * 30_000_000
    done: list[str] = []

    async def sends(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(length(len(large))))
        await send(body(large))
        done.append(scope["path"])

    async def read() -> tuple[list[str], int]:
        async with Served(Connection, sends) as served:
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=1000)
            writer.write(get("/a") + get("/b", "Connection: close"))
            await asyncio.sleep(0.3)
            before = list(done)
            async with asyncio.timeout(30):
                size = 0
                while piece := await reader.read(1_000_000):
                    size += piece.count(b"x")
            writer.close()
            return before, size

    before, size = uvloop.run(read())
    assert before == ["/a"]  # the second answer waits until the first has been read
    assert done == ["/a", "/b"]
    assert size == 2 * len(large)


@pytest.mark.parametrize("place", ["GET /", "GET /a HTTP/1.1\r\nHost: a\r\nX: ", "GET /a HTTP/1.1\r\nHost: a\r\n"])
def test_a_head_that_does_not_end_is_refused(place: str) -> None:
    async def talk() -> bytes:
        async with Served(Connection, app) as served:
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            # What came before does not count: the piece that ends a long body may be the one that begins a head.
            long = get("/a", "Content-Length: 200000", method="POST", text="x" * 200_000)
            writer.write(long + place.encode())
            assert await _heard_until(reader, b"x']")
            answer = asyncio.create_task(reader.read())
            for number in range(200):
                writer.write(f"x{number}: {'y' * 990}\r\n".encode() if place.endswith("\n") else b"y" * 1_000)
                await asyncio.sleep(0.001)
                if answer.done():
                    break
            writer.close()
            return await answer

    assert uvloop.run(talk()).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("kind", [HttpToolsProtocol, Connection])
def test_an_idle_connection_is_closed_and_a_busy_one_is_not(kind: type[HttpToolsProtocol]) -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.9 if scope["path"] == "/slow" else 0)
        await app(scope, receive, send)

    async def talk() -> tuple[float, float]:
        async with Served(kind, slow, timeout_keep_alive=1) as served:
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            loop = asyncio.get_running_loop()
            for path in ("/a", "/slow", "/slow"):
                writer.write(get(path))
                assert await _heard_until(reader, b"]")
                await asyncio.sleep(0.3)
            writer.write(b"GET /a HTTP/1.1\r\n")  # a request that has begun keeps the connection
            await asyncio.sleep(1.3)
            writer.write(b"Host: a\r\n\r\n")
            assert await _heard_until(reader, b"]")
            idle_from = loop.time()
            async with asyncio.timeout(10):
                assert await reader.read() == b""
            writer.close()
            return idle_from, loop.time()

    began, ended = uvloop.run(talk())
    assert ended - began > 0.9  # it never closes early


async def _heard_until(reader: asyncio.StreamReader, end: bytes) -> bytes:
    found = b""
    async with asyncio.timeout(10):
        while not found.endswith(end):
            more = await reader.read(65536)
            assert more, "closed"
            found += more
    return found


def test_another_uvicorn_serves_with_its_own_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    assert connection_class() is Connection, "the pinned uvicorn is another one than http_connection.py was written for"
    monkeypatch.setattr(http_connection.uvicorn, "__version__", "0.99.0")
    assert connection_class() is HttpToolsProtocol
