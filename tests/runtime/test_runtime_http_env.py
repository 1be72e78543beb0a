"""What calls take from the environment: proxies and certificates, and no passwords."""

import asyncio
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from templates.runtime.errors import CannotStart, FlowError
from templates.runtime.http import HTTP, request_json
from templates.runtime.http_proxies import Proxies
from templates.runtime.pools import ConnectionPools
from tests.runtime.support import Context, make_context, run
from tests.runtime.wire import CERTIFICATE, OK, Wire, fails, listening, talk

ROOT = Path(__file__).parents[2]


def test_passwords_of_netrc_are_not_sent(tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\ndefault login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))

    async def work(ctx: Context, wire: Wire) -> None:
        await request_json(ctx, "GET", wire.url)
        assert "authorization" not in wire.last.headers

    talk(work)


async def without_tunnels(wire: Wire, writer: asyncio.StreamWriter) -> bytes | None:
    return None if wire.last.head.startswith("CONNECT") else OK


def through_proxy(url: str, monkeypatch: pytest.MonkeyPatch, **environment: str) -> Any:
    """Call `url` with PROXY in the environment's values standing for the server; gives what the server saw."""

    async def scenario() -> Any:
        async with listening(without_tunnels) as wire:
            for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
                monkeypatch.delenv(name, raising=False)
                monkeypatch.delenv(name.lower(), raising=False)
            for name, value in environment.items():
                monkeypatch.setenv(name, value.replace("PROXY", f"127.0.0.1:{wire.port}"))
            async with ConnectionPools.opened([HTTP]) as pools:
                with suppress(FlowError):
                    await request_json(make_context(pools), "GET", url.replace("PROXY", f"127.0.0.1:{wire.port}"))
            return wire.seen

    return run(scenario())


def test_proxies_are_those_of_the_environment(monkeypatch):
    (seen,) = through_proxy("http://service.test/a%2Fb?c=d", monkeypatch, HTTP_PROXY="http://u:p@PROXY")
    assert seen.target == "http://service.test/a%2Fb?c=d"
    assert seen.headers["host"] == "service.test"
    assert seen.headers["proxy-authorization"] == "Basic dTpw"
    seen, *_ = through_proxy("https://service.test/secret", monkeypatch, https_proxy="PROXY")
    assert seen.head.startswith("CONNECT service.test:443 ")
    (seen,) = through_proxy("http://service.test/", monkeypatch, ALL_PROXY="http://PROXY")
    assert seen.target == "http://service.test/"
    assert through_proxy("http://127.0.0.1:1/", monkeypatch, HTTPS_PROXY="PROXY") == []


@pytest.mark.parametrize(
    ("entry", "direct"),
    [
        ("*", True),
        ("127.0.0.1", True),
        ("127.0.0.0/8", True),
        ("127.0.0.1:1", False),
        ("10.0.0.0/8, other.test", False),
        ("0.0.1", False),
    ],
)
def test_hosts_that_are_reached_without_a_proxy(monkeypatch, entry, direct):
    (seen,) = through_proxy("http://PROXY/x", monkeypatch, HTTP_PROXY="http://PROXY", NO_PROXY=entry)
    assert seen.target.startswith("/x") is direct


def test_names_that_are_reached_without_a_proxy():
    def is_direct(host: str, *entries: str) -> bool:
        return Proxies((("all", URL("http://p:1")),), entries).find(URL(f"http://{host}/")) is None

    assert is_direct("a.test", "a.test")
    assert is_direct("b.a.test", "a.test")
    assert not is_direct("ba.test", "a.test")
    assert is_direct("b.a.test", ".a.test")
    assert not is_direct("a.test", ".a.test")
    assert is_direct("b.a.test", "*.a.test")
    assert is_direct("A.Test.", "a.test")
    assert is_direct("a.test:8080", "a.test:8080")
    assert not is_direct("a.test", "a.test:8080")
    assert is_direct("localhost", "localhost")
    assert not is_direct("x.localhost", "localhost")
    assert is_direct("[::1]", "::1")
    assert is_direct("[fd00::5]:80", "fd00::/8")
    assert is_direct("[fd00::5]:80", "[fd00::5]:80")


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("socks5://u:hush@127.0.0.1:1", "ALL_PROXY names a socks5:// proxy, and only http and https can be used"),
        ("ftp://x", "ALL_PROXY names a ftp:// proxy"),
        ("http://u:hush@", "is no address"),
        ("http://[::1", "is no address"),
        ("http://x:99999", "is no address"),
        ("//", "has no host"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_when_the_service_starts(monkeypatch, proxy, said):
    with pytest.raises(CannotStart) as caught:
        through_proxy("http://service.test/", monkeypatch, ALL_PROXY=proxy)
    assert said in str(caught.value)
    assert "unset it" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_proxy_for_everything_does_not_matter_where_each_scheme_has_its_own(monkeypatch):
    others = {"HTTP_PROXY": "http://PROXY", "HTTPS_PROXY": "http://PROXY"}
    (seen,) = through_proxy("http://service.test/a", monkeypatch, ALL_PROXY="socks5://127.0.0.1:1", **others)
    assert seen.target == "http://service.test/a"


def test_certificates_are_checked(tmp_path):
    assert fails(lambda ctx, wire: request_json(ctx, "GET", wire.url), tls=True).kind == "connection"
    script = tmp_path / "trusting.py"
    script.write_text("""
import sys
sys.path[:0] = [sys.argv[1]]
from templates.runtime.http import request_json
from tests.runtime.wire import talk
print(talk(lambda ctx, wire: request_json(ctx, "GET", wire.url), tls=True))
""")
    command = [sys.executable, str(script), str(ROOT)]
    environment = {"SSL_CERT_FILE": str(CERTIFICATE)}
    trusting = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    assert trusting.stdout.strip() == "{}", trusting.stderr
