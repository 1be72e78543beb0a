"""What calls send byte by byte, and what they do with answers that no good server gives."""

import asyncio
import gzip
import socket
import tracemalloc
import zlib
from collections.abc import Awaitable
from contextlib import ExitStack, closing
from typing import Any

import aiohttp
import pytest

from templates.runtime import http_client
from templates.runtime.errors import FlowError
from templates.runtime.http import HTTP, request_bytes, request_full, request_json, request_text
from templates.runtime.http_guard import GUARDED_HTTP, AllowedHosts, GuardedClients
from templates.runtime.http_url import redirected, web_address
from templates.runtime.pools import ConnectionPools
from tests.runtime.support import Context, make_context, run
from tests.runtime.wire import OK, Wire, Work, answered, fails, listening, talk


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("", "/"),
        ("?q=1", "/?q=1"),
        ("/a%2Fb/%25/%20/x%2e%2E", "/a%2Fb/%25/%20/x%2e%2E"),
        ("/a+b?q=a+b&r=%2B&s=&t&q=2&&u==", "/a+b?q=a+b&r=%2B&s=&t&q=2&&u=="),
        ("/a b/ü?q=ü ü", "/a%20b/%C3%BC?q=%C3%BC%20%C3%BC"),
        ("/100%?a=5%&b=%zz", "/100%25?a=5%25&b=%25zz"),
        ("/x/../y/./z", "/x/../y/./z"),
        ("/x?filter[a]=b;c,d'(e)*!$@:/?", "/x?filter[a]=b;c,d'(e)*!$@:/?"),
        ('/"<>\\^`{|}', "/%22%3C%3E%5C%5E%60%7B%7C%7D"),
        ("/x?y#fragment?not=sent", "/x?y"),
        ("/é́/日本", "/%C3%A9%CC%81/%E6%97%A5%E6%9C%AC"),
    ],
)
def test_the_target_arrives_as_it_was_written(path, target):
    async def work(ctx: Context, wire: Wire) -> str:
        await request_json(ctx, "GET", wire.url + path)
        return wire.last.target

    assert talk(work) == target


def test_parameters_are_added_and_take_the_place_of_those_of_the_same_name():
    async def work(ctx: Context, wire: Wire) -> str:
        given = {"b": "x y&z", "c": ["ü", "+"], "d": "", "e": []}
        await request_json(ctx, "GET", f"{wire.url}/p%2Fq?a=a%20a&b=old&%62=old", params=given)
        return wire.last.target

    assert talk(work) == "/p%2Fq?a=a%20a&b=x+y%26z&c=%C3%BC&c=%2B&d="


@pytest.mark.parametrize(
    "url",
    ["http://a\nb/", "http://a\tb/", "http://h/\r\nX: y", "http://h\\@x/", "http://[::1", "http://h:99999/", "http://h:x/",
     "http:///x", "http://a b/", "http://%68/", "http://h%00/", "//h/", "ws://h/", "file:///etc/passwd", "h", "", "http://u@/"],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(url):
    assert web_address(url) is None
    error = fails(lambda ctx, wire: request_json(ctx, "GET", url))
    assert error.kind == "invalid_url"


def test_addresses_of_redirects():
    base = web_address("http://h:8/a%2Fb/c?d=1")
    assert base is not None

    def leads(location: str) -> str:
        return str(redirected(base, location))

    assert leads("/p%2Fq?a=b+c") == "http://h:8/p%2Fq?a=b+c"
    assert leads("ü ö") == "http://h:8/a%2Fb/%C3%BC%20%C3%B6"
    assert leads("//other/x") == "http://other/x"
    assert leads("/\\other") == "http://h:8/%5Cother"
    assert leads("HTTPS://Other/x#y") == "https://other/x"
    for location in ("file:///etc/passwd", "javascript:1", "http://[::1", "http://h\\@x/"):
        assert redirected(base, location) is None


def test_the_headers_of_a_plain_call():
    async def work(ctx: Context, wire: Wire) -> dict[str, str]:
        await request_json(ctx, "GET", f"{wire.url}/x")
        return wire.last.headers

    headers = talk(work)
    assert headers.pop("user-agent").startswith("Python/")
    assert headers.pop("host").startswith("127.0.0.1:")
    assert headers == {"accept": "application/json", "accept-encoding": "gzip, deflate"}


def test_a_body_has_no_type_that_nobody_gave_it():
    async def work(ctx: Context, wire: Wire) -> None:
        for content in ("grüß dich", b"\x00\x01", ""):
            await request_json(ctx, "POST", wire.url, content=content)
            assert wire.last.body == (content.encode() if isinstance(content, str) else content)
            assert "content-type" not in wire.last.headers
            assert wire.last.headers["content-length"] == str(len(wire.last.body))
        await request_json(ctx, "POST", wire.url)
        assert wire.last.headers["content-length"] == "0"
        assert "content-type" not in wire.last.headers
        await request_json(ctx, "DELETE", wire.url, json=[1])
        assert wire.last.body == b"[1]"

    talk(work)


def test_user_and_password_of_an_address_become_a_header():
    async def work(ctx: Context, wire: Wire) -> None:
        address = wire.url.replace("//", "//u:p%C3%BC%40@")
        await request_json(ctx, "GET", f"{address}/x")
        assert wire.last.headers["authorization"] == "Basic dTpww7xA"
        assert wire.last.target == "/x"
        await request_json(ctx, "GET", address, headers={"Authorization": "Bearer given"})
        assert wire.last.headers["authorization"] == "Bearer given"

    talk(work)


def test_hosts_in_other_scripts_and_addresses_of_version_six():
    url = web_address("http://bücher.example:8080/ü")
    assert url is not None
    assert (url.raw_host, url.raw_path_qs) == ("xn--bcher-kva.example", "/%C3%BC")
    url = web_address("http://[2001:db8::1]:8080/")
    assert url is not None
    assert url.host_port_subcomponent == "[2001:db8::1]:8080"

    async def scenario() -> str:
        async def resolve(host: str, port: int) -> list[str]:
            assert host == "xn--bcher-kva.example"
            return ["127.0.0.1"]

        async with listening() as wire:
            clients = GuardedClients(resolve)
            allowed = AllowedHosts(("BÜCHER.example", "127.0.0.1"))
            ctx = make_context({GUARDED_HTTP: clients})
            await request_json(ctx, "GET", f"http://Bücher.example:{wire.port}/", allow_hosts=allowed)
            await clients.close()
            return wire.last.headers["host"].rpartition(":")[0]

    assert run(scenario()) == "xn--bcher-kva.example"


# Bodies


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
def test_packed_bodies_are_unpacked(pack):
    encoding = "gzip" if pack is gzip.compress else "deflate"
    answer = answered(pack(b'{"a": 1}'), f"content-encoding: {encoding}")
    assert talk(lambda ctx, wire: request_json(ctx, "GET", wire.url), answer) == {"a": 1}


def test_a_bomb_is_not_unpacked_to_the_end():
    bomb = gzip.compress(gzip.compress(b"\x00" * 400_000_000, 1), 9)  # packed twice, or making it takes too long
    answer = answered(gzip.decompress(bomb), "content-encoding: gzip")
    tracemalloc.start()
    error = fails(lambda ctx, wire: request_bytes(ctx, "GET", wire.url, max_bytes=1_000_000), answer)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert error.kind == "invalid_response"
    assert peak < 20_000_000


def test_a_body_without_end_is_left():
    async def endless(wire: Wire, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            await writer.drain()

    async def work(ctx: Context, wire: Wire) -> None:
        with pytest.raises(FlowError) as caught:
            await request_bytes(ctx, "GET", wire.url, max_bytes=100_000)
        assert caught.value.kind == "invalid_response"
        for _ in range(100):
            if wire.closed:
                break
            await asyncio.sleep(0.01)
        assert wire.closed == 1

    talk(work, endless)


def test_a_body_that_is_not_packed_as_it_says():
    answer = answered(b"this is not gzip", "content-encoding: gzip")
    assert fails(lambda ctx, wire: request_json(ctx, "GET", wire.url), answer).kind == "invalid_response"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"this is no HTTP at all\r\n\r\n",
        b"",
    ],
)
def test_answers_that_break_off_or_are_none(answer):
    async def broken(wire: Wire, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    assert fails(lambda ctx, wire: request_json(ctx, "GET", wire.url), broken).kind == "connection"


def test_texts_in_their_encoding():
    def text(content_type: str, body: bytes) -> Any:
        answer = answered(body, f"content-type: {content_type}")
        return talk(lambda ctx, wire: request_text(ctx, "GET", wire.url), answer)

    assert text("text/plain", "ü".encode()) == "ü"
    assert text("text/plain; charset=latin-1", b"\xfc") == "ü"
    assert text('text/plain; Charset="UTF-16"', "ü".encode("utf-16")) == "ü"
    for unknown in ("nobody-knows", "hex", "idna", "undefined"):
        assert text(f"text/plain; charset={unknown}", "ü".encode()) == "ü"
    assert text("text/plain", b"\xff") == "\ufffd"


def test_headers_that_came_several_times_are_joined():
    answer = answered(b"{}", "X-A: 1", "x-a: 2", "Set-Cookie: a=b", "Content-Type: application/problem+json")
    full = talk(lambda ctx, wire: request_full(ctx, "GET", wire.url), answer)
    assert (full["headers"]["x-a"], full["headers"]["set-cookie"], full["body"]) == ("1, 2", "a=b", {})


def test_headers_are_text_whatever_their_bytes():
    answer = b"HTTP/1.1 200 OK\r\nx-a: \xfc\r\nx-b: \xc3\xbc\r\ncontent-length: 2\r\n\r\n{}"
    full = talk(lambda ctx, wire: request_full(ctx, "GET", wire.url), answer)
    assert (full["headers"]["x-a"], full["headers"]["x-b"]) == ("ü", "ü")


def test_a_host_is_the_same_in_upper_case():
    async def reply(wire: Wire, writer: asyncio.StreamWriter) -> bytes:
        return (
            OK
            if wire.last.target == "/end"
            else answered(b"", f"location: http://localhost:{wire.port}/end", status=302)
        )

    async def work(ctx: Context, wire: Wire) -> None:
        url = f"http://LOCALHOST:{wire.port}/"
        assert await request_json(ctx, "GET", url, follow_redirects=True, headers={"X-Key": "1"}) == {}
        assert wire.last.headers["x-key"] == "1"

    talk(work, reply)


def test_an_error_is_known_without_its_body():
    async def slow(wire: Wire, writer: asyncio.StreamWriter) -> bytes | None:
        writer.write(b"HTTP/1.1 503 Busy\r\nretry-after: 7\r\ncontent-length: 100000000\r\n\r\nx")
        await asyncio.sleep(0.2)
        return None

    error = fails(lambda ctx, wire: request_json(ctx, "GET", wire.url), slow)
    assert (error.kind, error.upstream, error.retry_after) == ("http", 503, 7.0)


# Connections


def closes_the_second(wire: Wire, writer: asyncio.StreamWriter) -> Awaitable[bytes | None]:
    """A server that has given the connection up when the second request comes."""

    async def reply() -> bytes | None:
        return None if len(wire.seen) == 2 else OK

    return reply()


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_is_safe_is_sent_again_over_a_new_connection(method):
    async def work(ctx: Context, wire: Wire) -> None:
        await request_json(ctx, "GET", wire.url)
        await request_bytes(ctx, method, f"{wire.url}/again")
        assert [seen.target for seen in wire.seen] == ["/", "/again", "/again"]
        assert wire.connections == 2

    async def reply(wire: Wire, writer: asyncio.StreamWriter) -> bytes | None:
        if len(wire.seen) == 2:
            return None
        return answered(b"") if wire.last.head.startswith("HEAD") else OK

    talk(work, reply)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_else_is_sent_twice(method):
    async def work(ctx: Context, wire: Wire) -> None:
        await request_json(ctx, "GET", wire.url)
        with pytest.raises(FlowError) as caught:
            await request_json(ctx, method, f"{wire.url}/once", json={"a": 1})
        assert caught.value.kind == "connection"
        await asyncio.sleep(0.05)
        assert [seen.target for seen in wire.seen] == ["/", "/once"]

    talk(work, closes_the_second)


def test_a_connection_that_was_closed_while_idle_is_not_used():
    async def reply(wire: Wire, writer: asyncio.StreamWriter) -> bytes | None:
        writer.write(OK)
        return None

    async def work(ctx: Context, wire: Wire) -> None:
        for number in range(3):
            await request_json(ctx, "POST", f"{wire.url}/{number}", json=number)
            await asyncio.sleep(0.02)
        assert [seen.target for seen in wire.seen] == ["/0", "/1", "/2"]
        assert wire.connections == 3

    talk(work, reply)


@pytest.mark.parametrize("part", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"], ids=["head", "body"])
def test_giving_up_closes_the_connection(part):
    async def hangs(wire: Wire, writer: asyncio.StreamWriter) -> bytes:
        writer.write(part)
        await asyncio.sleep(0.5)
        return b""

    async def work(ctx: Context, wire: Wire) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await request_json(ctx, "POST", wire.url, json="x" * 100_000)
        await asyncio.sleep(0.6)
        assert (wire.connections, wire.closed) == (1, 1)

    talk(work, hangs)


def test_connecting_has_a_limit_of_its_own(monkeypatch):
    monkeypatch.setattr(http_client, "TIMEOUT", aiohttp.ClientTimeout(total=None, sock_connect=0.1))

    async def scenario() -> str:
        # A queue that is full: nobody answers whoever comes next.
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as waiting:
            address = full.getsockname()
            for _ in range(4):
                other = waiting.enter_context(closing(socket.socket()))
                other.setblocking(False)
                other.connect_ex(address)
            async with ConnectionPools.opened([HTTP]) as pools:
                with pytest.raises(FlowError) as caught:
                    await request_json(make_context(pools), "POST", "http://{}:{}/".format(*address), json=1)
                return caught.value.kind

    assert run(scenario()) == "timeout"


def test_a_name_that_nobody_knows():
    async def work(ctx: Context, wire: Wire) -> None:
        for host in ("no.such.name.invalid", "a" * 64 + ".invalid", "a..invalid"):
            with pytest.raises(FlowError) as caught:
                await request_json(ctx, "GET", f"http://{host}/")
            assert caught.value.kind in {"connection", "invalid_url"}

    talk(work)


def test_cookies_are_not_kept():
    async def work(ctx: Context, wire: Wire) -> None:
        for _ in range(2):
            await request_json(ctx, "GET", wire.url)
            assert "cookie" not in wire.last.headers

    talk(work, answered(b"{}", "set-cookie: a=b; path=/"))


# Redirects


def test_a_redirect_keeps_method_and_body_only_when_it_says_so():
    async def reply(wire: Wire, writer: asyncio.StreamWriter) -> bytes:
        if wire.last.target == "/end":
            return OK
        return answered(b"", "location: /end", status=int(wire.last.target[1:]))

    async def work(ctx: Context, wire: Wire) -> None:
        for status, method in ((301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")):
            await request_json(ctx, "POST", f"{wire.url}/{status}", json=[1], follow_redirects=True)
            body = b"[1]" if method == "POST" else b""
            assert (wire.last.head.split()[0], wire.last.body) == (method, body)
            assert ("content-type" in wire.last.headers) is (method == "POST")
        await request_json(ctx, "PUT", f"{wire.url}/301", json=[1], follow_redirects=True)
        assert wire.last.head.startswith("PUT")

    talk(work, reply)


def test_five_redirects_and_no_more():
    async def reply(wire: Wire, writer: asyncio.StreamWriter) -> bytes:
        left = int(wire.last.target[1:])
        return answered(b"", f"location: /{left - 1}", status=302) if left else OK

    def follow(count: int) -> Work:
        return lambda ctx, wire: request_json(ctx, "GET", f"{wire.url}/{count}", follow_redirects=True)

    assert talk(follow(5), reply) == {}
    assert fails(follow(6), reply).kind == "redirect"


def test_redirects_to_nowhere():
    for header in ("x: y", "location: "):
        work = lambda ctx, wire: request_json(ctx, "GET", wire.url, follow_redirects=True)  # noqa: E731
        assert fails(work, answered(b"", header, status=302)).upstream == 302
    for location in ("file:///etc/passwd", "http://[::1", "http://other.test/"):
        assert fails(work, answered(b"", f"location: {location}", status=302)).kind == "redirect"


# Addresses of this machine


@pytest.mark.parametrize(
    "host",
    ["127.1", "0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "127.0.0.1.", "[::ffff:127.0.0.1]",
     "[::ffff:7f00:1]", "①②⑦.0.0.1", "127。0。0。1", "localhost", "LOCALHOST", "[::1]", "0", "0.0.0.0", "[::]"],
)  # fmt: skip
def test_no_spelling_of_this_machine_gets_by_the_guard(host):
    async def scenario() -> None:
        async with listening() as wire:
            clients = GuardedClients()
            ctx = make_context({GUARDED_HTTP: clients})
            with pytest.raises(FlowError) as caught:
                await request_json(ctx, "GET", f"http://{host}:{wire.port}/", allow_hosts=AllowedHosts(("*",)))
            assert caught.value.kind in {"blocked", "invalid_url"}
            await clients.close()
            assert wire.connections == 0

    run(scenario())


def test_a_redirect_to_this_machine_is_blocked():
    async def scenario() -> None:
        locations = iter(
            ["http://127.1:{}/", "http://[::ffff:127.0.0.1]:{}/", "http://0x7f000001:{}/", "http://u@api.test:{}/"]
        )

        async def reply(wire: Wire, writer: asyncio.StreamWriter) -> bytes:
            return answered(b"", f"location: {next(locations).format(wire.port)}", status=302)

        async def resolve(host: str, port: int) -> list[str]:
            # Another name of the same machine that is in nobody's list.
            return ["127.0.0.2"] if host == "api.test" else ["127.0.0.1"]

        async with listening(reply, host="127.0.0.2") as wire:
            clients = GuardedClients(resolve)
            ctx = make_context({GUARDED_HTTP: clients})
            allowed = AllowedHosts(("*", "127.0.0.2"))
            for _ in range(4):
                with pytest.raises(FlowError) as caught:
                    await request_json(
                        ctx, "GET", f"http://api.test:{wire.port}/", allow_hosts=allowed, follow_redirects=True
                    )
                assert caught.value.kind == "blocked"
            await clients.close()
            assert {seen.headers["host"] for seen in wire.seen} == {f"api.test:{wire.port}"}
            assert len(wire.seen) == 4

    run(scenario())
