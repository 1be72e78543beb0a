"""Calls over HTTP/2: to a server that speaks it, and to one that does not."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

from templates.runtime.errors import FlowError
from templates.runtime.http import request_bytes, request_full, request_json
from templates.runtime.http2 import HTTP2
from templates.runtime.pools import ConnectionPools
from tests.runtime.support import Context, make_context, run
from tests.runtime.wire import CERTIFICATE, listening


class Server(asyncio.Protocol):
    """Answers every request with what it was, and a status that the path may name."""

    connections = 0

    def __init__(self) -> None:
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self.requests: dict[int, dict[str, Any]] = {}

    def connection_made(self, transport: Any) -> None:
        Server.connections += 1
        self.transport = transport
        self.h2.initiate_connection()
        transport.write(self.h2.data_to_send())

    def data_received(self, data: bytes) -> None:
        for event in self.h2.receive_data(data):
            match event:
                case RequestReceived():
                    self.requests[event.stream_id] = {**dict(event.headers), "body": ""}
                case DataReceived():
                    self.requests[event.stream_id]["body"] += event.data.decode()
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case StreamEnded():
                    self.answer(event.stream_id)
        self.transport.write(self.h2.data_to_send())

    def answer(self, stream: int) -> None:
        told = self.requests[stream]
        path = told[":path"].strip("/")
        headers = [(":status", path if path.isdigit() else "200"), ("content-type", "application/json"), ("x-a", "1")]
        if path == "elsewhere":
            headers = [(":status", "302"), ("location", "/end")]
        self.h2.send_headers(stream, [*headers, ("retry-after", "3")])
        self.h2.send_data(stream, json.dumps(told).encode(), end_stream=True)


@asynccontextmanager
async def serving(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    Server.connections = 0
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    context.set_alpn_protocols(["h2"])
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await asyncio.sleep(0.05)


def talk(work: Callable[[Context, str], Awaitable[Any]], monkeypatch: pytest.MonkeyPatch) -> Any:
    async def scenario() -> Any:
        async with serving(monkeypatch) as url, ConnectionPools.opened([HTTP2]) as pools:
            assert await pools.ready(5.0) == {"http2": True}
            return await work(make_context(pools), url)

    return run(scenario())


def test_calls_share_one_connection(monkeypatch):
    async def work(ctx: Context, url: str) -> None:
        calls = [request_json(ctx, "POST", f"{url}/a%2Fb?n={n}", json=n, pool=HTTP2) for n in range(10)]
        told = await asyncio.gather(*calls)
        assert [each["body"] for each in told] == [str(n) for n in range(10)]
        assert {each[":path"] for each in told} == {f"/a%2Fb?n={n}" for n in range(10)}
        assert told[0]["content-type"] == told[0]["accept"] == "application/json"
        assert Server.connections == 1

    talk(work, monkeypatch)


def test_answers_mean_the_same(monkeypatch):
    async def work(ctx: Context, url: str) -> None:
        full = await request_full(ctx, "GET", f"{url}/201", pool=HTTP2)
        assert (full["status"], full["headers"]["x-a"], full["body"][":method"]) == (201, "1", "GET")
        assert (await request_json(ctx, "GET", f"{url}/elsewhere", pool=HTTP2, follow_redirects=True))[
            ":path"
        ] == "/end"
        with pytest.raises(FlowError) as caught:
            await request_json(ctx, "GET", f"{url}/503", pool=HTTP2)
        assert (caught.value.kind, caught.value.upstream, caught.value.retry_after) == ("http", 503, 3.0)
        with pytest.raises(FlowError) as caught:
            await request_bytes(ctx, "GET", url, pool=HTTP2, max_bytes=5)
        assert caught.value.kind == "invalid_response"
        with pytest.raises(FlowError) as caught:
            await request_bytes(ctx, "GET", "https://127.0.0.1:9/", pool=HTTP2)
        assert caught.value.kind == "connection"

    talk(work, monkeypatch)


def test_a_service_that_does_not_speak_it_is_called_the_old_way():
    async def scenario() -> None:
        async with listening() as wire, ConnectionPools.opened([HTTP2]) as pools:
            assert await request_json(make_context(pools), "GET", f"{wire.url}/x%2Fy", pool=HTTP2) == {}
            assert wire.last.head.startswith("GET /x%2Fy HTTP/1.1")

    run(scenario())
