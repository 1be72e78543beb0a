import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from templates.runtime.errors import ExpressionError, FlowError
from templates.runtime.http import request_json
from templates.runtime.http_guard import GUARDED_HTTP, AllowedHosts, GuardedClients, allowed_hosts
from templates.runtime.http_url import web_address
from templates.runtime.http_values import header_value, segment
from tests.runtime.support import make_context, run
from tests.standin.server import StandIn, running

CORPUS = Path(__file__).parents[1] / "corpus" / "payloads.jsonl"


def corpus(place: str, *classes: str) -> list[Any]:
    if not CORPUS.exists():
        return []
    lines = [json.loads(line) for line in CORPUS.read_text("utf-8").splitlines() if line.strip()]
    found = [line for line in lines if line["where"] == place and line["class"] in classes]
    return [pytest.param(line["payload"], line["expect"], id=line["id"]) for line in found]


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    with running() as server:
        yield server


class Resolver:
    """Answers with the addresses given for a name, one list after the other; counts what it is asked."""

    def __init__(self, **names: list[list[str]]) -> None:
        self.names = {name.replace("_", "."): answers for name, answers in names.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        answers = self.names.get(host)
        if answers is None:
            # What the real one does with odd spellings of addresses, without asking the network.
            if ":" in host:
                return [host]
            try:
                return [socket.inet_ntoa(socket.inet_aton(host))]
            except OSError:
                raise socket.gaierror("unknown") from None
        return answers.pop(0) if len(answers) > 1 else answers[0]


def get(url: str, allowed: AllowedHosts, resolve: Any = None, **options: Any) -> Any:
    async def scenario() -> Any:
        clients = GuardedClients(resolve) if resolve is not None else GuardedClients()
        try:
            ctx = make_context({GUARDED_HTTP: clients})
            return await request_json(ctx, "GET", url, allow_hosts=allowed, **options)
        finally:
            await clients.close()

    return run(scenario())


def is_blocked(url: str, allowed: AllowedHosts, resolve: Any = None, **options: Any) -> bool:
    with pytest.raises(FlowError) as caught:
        get(url, allowed, resolve, **options)
    return caught.value.kind in {"blocked", "invalid_url"}


ANY = AllowedHosts(("*",))


@pytest.mark.parametrize(("payload", "expect"), corpus("url", "ssrf"))
def test_no_address_of_the_corpus_is_reached(payload, expect):
    assert expect == "blocked"
    url = payload.partition(" (")[0]
    resolve = Resolver(
        localhost=[["127.0.0.1", "::1"]],
        localtest_me=[["127.0.0.1"]],
        rebind_test=[["93.184.216.34", "127.0.0.1"]],
        evil_test=[["169.254.169.254"]],
        kubernetes_default_svc=[["10.0.0.1"]],
    )
    resolve.names["127.0.0.1.nip.io"] = [["127.0.0.1"]]
    assert is_blocked(url, ANY, resolve)
    assert is_blocked(url, AllowedHosts(("allowed.example.com",)), resolve)


@pytest.mark.parametrize(("payload", "expect"), corpus("url", "url_segment"))
def test_segments_of_the_corpus(payload, expect):
    if expect == "rejected":
        with pytest.raises(ExpressionError):
            segment(payload)
    else:
        url = web_address(f"https://api.example.com/people/{segment(payload)}/x")
        assert url is not None
        assert url.raw_host == "api.example.com"
        assert url.raw_path_qs == f"/people/{segment(payload)}/x"


@pytest.mark.parametrize(("payload", "expect"), corpus("header", "crlf"))
def test_header_values_of_the_corpus(payload, expect):
    with pytest.raises(ExpressionError):
        header_value(payload)


@pytest.mark.parametrize(
    ("names", "host", "expected"),
    [
        (("api.example.com",), "api.example.com", True),
        (("api.example.com",), "API.Example.com.", True),
        (("api.example.com",), "evil-api.example.com", False),
        (("*.example.com",), "a.b.example.com", True),
        (("*.example.com",), "example.com", False),
        (("*.example.com",), "badexample.com", False),
        (("*.example.com",), "example.com.evil.test", False),
        (("10.0.0.0/8",), "10.1.2.3", True),
        (("10.0.0.0/8",), "11.1.2.3", False),
        (("*",), "anything.test", True),
        (("*",), "", False),
        ((), "a", False),
    ],
)
def test_names_in_the_list(names, host, expected):
    assert AllowedHosts(names).permits_host(host) is expected


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.1.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fd00::1",
        "fe80::1",
        "fe80::1%eth0",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "ff02::1",
        "192.0.0.1",
        "198.18.0.1",
    ],
)
def test_addresses_that_are_not_public(address):
    assert not ANY.permits_address("any.test", address)


def test_public_and_listed_addresses():
    assert ANY.permits_address("any.test", "93.184.216.34")
    assert ANY.permits_address("any.test", "2606:4700::1111")
    assert AllowedHosts(("any.test", "10.0.0.0/8")).permits_address("any.test", "10.1.1.1")
    assert not AllowedHosts(("any.test",)).permits_address("any.test", "10.1.1.1")
    assert AllowedHosts(("localhost",)).permits_address("localhost", "::1")
    assert not AllowedHosts(("localhost", "*")).permits_address("other.test", "::1")


def test_the_connection_goes_to_the_checked_address(standin):
    port = standin.url.rsplit(":", 1)[1]
    allowed = AllowedHosts(("api.test", "127.0.0.1"))
    resolve = Resolver(api_test=[["127.0.0.1"], ["192.0.2.1"]])
    told = get(f"http://api.test:{port}/echo", allowed, resolve)
    assert told["headers"]["host"] == f"api.test:{port}"
    assert resolve.asked == ["api.test"]


def test_one_private_address_among_several_blocks(standin):
    resolve = Resolver(mixed_test=[["93.184.216.34", "127.0.0.1"]])
    assert is_blocked("http://mixed.test/", ANY, resolve)


def test_a_redirect_meets_the_same_check(standin):
    port = standin.url.rsplit(":", 1)[1]
    allowed = AllowedHosts(("api.test", "127.0.0.1/32"))
    resolve = Resolver(api_test=[["127.0.0.1"]], inner_test=[["127.0.0.1"]])
    start = f"http://api.test:{port}/redirect"
    for target in (f"http://inner.test:{port}/echo", "http://169.254.169.254/", "file:///etc/passwd", "//10.0.0.1/"):
        with pytest.raises(FlowError) as caught:
            get(start, allowed, resolve, params={"to": target}, follow_redirects=True)
        assert caught.value.kind in {"blocked", "invalid_url"}
    assert get(start, allowed, resolve, params={"to": "/people/2"}, follow_redirects=True)["id"] == 2


def test_clients_of_different_lists_share_no_connection():
    async def scenario() -> None:
        clients = GuardedClients()
        assert clients.client(AllowedHosts(("a",))) is clients.client(AllowedHosts(("a",)))
        assert allowed_hosts("a") is allowed_hosts("a")
        assert clients.client(allowed_hosts("a")) is clients.client(AllowedHosts(("a",)))
        assert clients.client(AllowedHosts(("a",))) is not clients.client(AllowedHosts(("b",)))
        await clients.close()

    run(scenario())


def test_localhost_by_name(standin):
    port = standin.url.rsplit(":", 1)[1]
    assert get(f"http://localhost:{port}/people/1", AllowedHosts(("localhost",)))["id"] == 1
    assert is_blocked(f"http://localhost:{port}/people/1", ANY)
