"""A server whose every byte a test decides, to see what a client sends and what it does with what comes back."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from templates.runtime.errors import FlowError
from templates.runtime.http import HTTP
from templates.runtime.pools import ConnectionPools
from tests.runtime.support import Context, make_context, run

CERTIFICATE = Path(__file__).parent / "tls" / "localhost.pem"
"""For localhost and 127.0.0.1, signed by itself; its key is of no use for anything else."""

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


@dataclass
class Seen:
    """A request as it came in."""

    head: str
    body: bytes

    @property
    def target(self) -> str:
        return self.head.split(" ", 2)[1]

    @property
    def headers(self) -> dict[str, str]:
        lines = (line.partition(":") for line in self.head.split("\r\n")[1:] if line)
        return {name.lower(): value.strip() for name, _, value in lines}


@dataclass
class Wire:
    """A running server: its address, what it has seen, and how often it was connected to."""

    url: str
    port: int
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    closed: int = 0

    @property
    def last(self) -> Seen:
        return self.seen[-1]


Work = Callable[[Context, Wire], Awaitable[Any]]

Reply = Callable[[Wire, asyncio.StreamWriter], Awaitable[bytes | None]]
"""What is sent for the request that was seen last; None closes the connection."""


def _always(answer: bytes) -> Reply:
    async def reply(wire: Wire, writer: asyncio.StreamWriter) -> bytes:
        return answer

    return reply


@asynccontextmanager
async def listening(answer: bytes | Reply = OK, *, host: str = "127.0.0.1", tls: bool = False) -> AsyncIterator[Wire]:
    """The server, on a free port."""
    reply = _always(answer) if isinstance(answer, bytes) else answer
    wire = Wire("", 0)
    before = asyncio.all_tasks()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire.connections += 1
        try:
            while True:
                wire.seen.append(await _request(reader))
                sent = await reply(wire, writer)
                if sent is None:
                    break
                writer.write(sent)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            wire.closed += 1
            writer.close()

    context = None
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATE)
    server = await asyncio.start_server(serve, host, 0, ssl=context)
    wire.port = server.sockets[0].getsockname()[1]
    wire.url = f"{'https' if tls else 'http'}://{host}:{wire.port}"
    try:
        yield wire
    finally:
        server.close()
        await server.wait_closed()
        for _ in range(200):
            if asyncio.all_tasks() <= before:
                break
            await asyncio.sleep(0.01)


def talk(work: Work, answer: bytes | Reply = OK, *, tls: bool = False) -> Any:
    """Run `work` with an open pool and a server."""

    async def scenario() -> Any:
        async with listening(answer, tls=tls) as wire, ConnectionPools.opened([HTTP]) as pools:
            return await work(make_context(pools), wire)

    return run(scenario())


def fails(work: Work, answer: bytes | Reply = OK, *, tls: bool = False) -> FlowError:
    with pytest.raises(FlowError) as caught:
        talk(work, answer, tls=tls)
    return caught.value


def answered(body: bytes, *headers: str, status: int = 200) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _request(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    seen = Seen(head.removesuffix("\r\n\r\n"), b"")
    seen.body = await reader.readexactly(int(seen.headers.get("content-length", "0")))
    return seen
