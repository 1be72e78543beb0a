import asyncio
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from templates.runtime.errors import ExpressionError, FlowError, NodeError
from templates.runtime.http import (
    HTTP,
    basic,
    bearer,
    request_bytes,
    request_full,
    request_json,
    request_text,
)
from templates.runtime.http_signature import Signature
from templates.runtime.http_values import fields, header_value, query_value, retry_after_seconds, segment
from templates.runtime.node import Retry, node
from templates.runtime.pools import ConnectionPools
from tests.runtime.support import Context, make_context, run
from tests.standin.server import StandIn, running


class Person(TypedDict):
    id: int
    name: str


PERSON = TypeAdapter(Person)


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    with running() as server:
        yield server


def with_http(work: Callable[[Context], Awaitable[Any]]) -> Any:
    """Run `work` with an open pool that is closed afterwards."""

    async def scenario() -> Any:
        async with ConnectionPools.opened([HTTP]) as pools:
            return await work(make_context(pools))

    return run(scenario())


def fails(work: Callable[[Context], Awaitable[Any]]) -> FlowError:
    with pytest.raises(FlowError) as caught:
        with_http(work)
    return caught.value


def test_a_typed_answer_is_checked(standin):
    person = with_http(lambda ctx: request_json(ctx, "GET", f"{standin.url}/people/3", PERSON))
    assert person == {"id": 3, "name": "Chen Wei"}
    error = fails(lambda ctx: request_json(ctx, "GET", f"{standin.url}/people", PERSON))
    assert (error.kind, error.status) == ("invalid_response", 502)
    error = fails(lambda ctx: request_json(ctx, "GET", f"{standin.url}/text", PERSON))
    assert error.kind == "invalid_response"


def test_an_untyped_answer_is_plain_data(standin):
    found = with_http(lambda ctx: request_json(ctx, "GET", f"{standin.url}/items", params={"page": 2, "size": 3}))
    assert [item["id"] for item in found["items"]] == [4, 5, 6]
    assert with_http(lambda ctx: request_json(ctx, "GET", f"{standin.url}/status/204")) is None
    error = fails(lambda ctx: request_json(ctx, "GET", f"{standin.url}/text"))
    assert error.kind == "invalid_response"


def test_bodies_headers_and_query_arrive(standin):
    def sent(**options: Any) -> Any:
        return with_http(lambda ctx: request_json(ctx, "POST", f"{standin.url}/echo", **options))

    told = sent(
        json={"a": 2**70, "ü": None},
        headers={"X-One": 1, "Authorization": bearer("secret")},
        params={"q": "a b&c", "f": True},
    )
    assert json.loads(told["body"]) == {"a": 2**70, "ü": None}
    assert told["headers"]["content-type"] == "application/json"
    assert told["headers"]["x-one"] == "1"
    assert told["headers"]["authorization"] == "Bearer secret"
    assert told["query"] == [["q", "a b&c"], ["f", "true"]]
    assert sent(json=None)["body"] == "null"
    assert sent(form={"a": "1 2", "b": [1, 2]})["body"] == "a=1+2&b=1&b=2"
    assert sent(content="plain", headers={"content-type": "text/x"})["headers"]["content-type"] == "text/x"
    assert sent(headers={"Authorization": basic("ü", "p:w")})["headers"]["authorization"] == "Basic w7w6cDp3"
    merged = with_http(lambda ctx: request_json(ctx, "GET", f"{standin.url}/echo?x=1", params={"y": [1, 2]}))
    assert merged["query"] == [["x", "1"], ["y", "1"], ["y", "2"]]


def test_the_bytes_that_are_sent_are_signed(standin):
    def sent(method: str = "POST", key: str = "word", **options: Any) -> Any:
        sign = Signature(key, "X-Hub-Signature-256")
        return with_http(lambda ctx: request_json(ctx, method, f"{standin.url}/echo", sign=sign, **options))

    for options in ({"json": {"a": "ü"}}, {"content": "plain ü"}, {"form": {"a": [1, "ü"]}}, {"method": "GET"}):
        told = sent(**options)
        digest = hmac.new(b"word", told["body"].encode(), "sha256").hexdigest()
        assert told["headers"]["x-hub-signature-256"] == f"sha256={digest}"
    with pytest.raises(FlowError, match="no key"):
        sent(key="")
    assert "word" not in repr(Signature("word"))


def test_text_bytes_and_full(standin):
    assert with_http(lambda ctx: request_text(ctx, "GET", f"{standin.url}/text")) == "grüß dich"
    assert with_http(lambda ctx: request_bytes(ctx, "GET", f"{standin.url}/bytes/7")) == b"x" * 7
    full = with_http(lambda ctx: request_full(ctx, "POST", f"{standin.url}/charges", json={"order": "7"}))
    assert (full["status"], full["body"], full["headers"]["x-stand-in"]) == (
        201,
        {"receipt": "R-7"},
        "rules, not a model",
    )
    assert with_http(lambda ctx: request_full(ctx, "GET", f"{standin.url}/text"))["body"] == "grüß dich"


def test_a_large_answer_is_cut_off(standin):
    error = fails(lambda ctx: request_bytes(ctx, "GET", f"{standin.url}/bytes/5000", max_bytes=4999))
    assert error.kind == "invalid_response"
    assert len(with_http(lambda ctx: request_bytes(ctx, "GET", f"{standin.url}/bytes/5000", max_bytes=5000))) == 5000


@pytest.mark.parametrize("status", [400, 401, 404, 409, 418, 429, 500, 503])
def test_error_statuses_are_errors(standin, status):
    error = fails(lambda ctx: request_json(ctx, "GET", f"{standin.url}/status/{status}"))
    assert (error.kind, error.status, error.upstream) == ("http", 502, status)
    assert error.describe()["status"] == status


def test_a_refused_connection_and_a_bad_url():
    error = fails(lambda ctx: request_json(ctx, "GET", "http://127.0.0.1:9/"))
    assert (error.kind, error.status) == ("connection", 502)
    for url in ("ftp://127.0.0.1/", "nonsense", "http://[::1", "http://a\nb/"):
        assert fails(lambda ctx, url=url: request_json(ctx, "GET", url)).kind in {"invalid_url", "connection"}


def test_a_node_retries_as_the_other_side_asks(standin):
    @node("flaky", retry=Retry(max_attempts=3, max_delay=0.1))
    async def flaky(ctx: Context) -> Any:
        return await request_json(ctx, "GET", f"{standin.url}/flaky/2", params={"key": "retry", "retry_after": "0.05"})

    started = time.monotonic()
    assert with_http(flaky) == {"attempts": 3}
    assert time.monotonic() - started >= 0.1


def test_a_node_that_runs_out_of_time_leaves_no_connection(standin):
    @node("slow", timeout=0.05)
    async def slow(ctx: Context) -> Any:
        return await request_json(ctx, "GET", f"{standin.url}/slow/5000")

    async def scenario() -> None:
        async with ConnectionPools.opened([HTTP]) as pools:
            ctx = make_context(pools)
            with pytest.raises(NodeError) as caught:
                await slow(ctx)
            assert (caught.value.kind, caught.value.status) == ("timeout", 504)
            for _ in range(3):
                await request_json(ctx, "GET", f"{standin.url}/people/1")
            # The one in use; the one that was given up is closed.
            assert await open_connections(ctx, standin, 1)

    run(scenario())


async def open_connections(ctx: Context, standin: StandIn, expected: int) -> bool:
    for _ in range(100):
        if (await request_json(ctx, "GET", f"{standin.url}/connections"))["open"] == expected:
            return True
        await asyncio.sleep(0.01)
    return False


def test_connections_are_kept_and_shared(standin):
    async def scenario() -> None:
        async with ConnectionPools.opened([HTTP]) as pools:
            ctx = make_context(pools)
            for _ in range(20):
                await request_json(ctx, "GET", f"{standin.url}/status/200")
                with pytest.raises(FlowError):
                    await request_json(ctx, "GET", f"{standin.url}/people/none")
            assert await open_connections(ctx, standin, 2) or await open_connections(ctx, standin, 1)

    run(scenario())


def test_cookies_of_one_caller_never_reach_another(standin):
    async def twice(ctx: Context) -> Any:
        await request_json(ctx, "GET", f"{standin.url}/echo")
        return await request_json(ctx, "GET", f"{standin.url}/echo")

    assert "cookie" not in with_http(twice)["headers"]


def test_redirects_are_followed_only_when_asked_and_on_the_same_host(standin):
    url = f"{standin.url}/redirect"
    assert fails(lambda ctx: request_json(ctx, "GET", url, params={"to": "/people/1"})).upstream == 302
    to_person = {"params": {"to": "/people/1"}, "follow_redirects": True}
    assert with_http(lambda ctx: request_json(ctx, "GET", url, **to_person))["id"] == 1
    told = with_http(
        lambda ctx: request_json(
            ctx, "POST", url, params={"to": "/echo", "code": 303}, json={"a": 1}, follow_redirects=True
        )
    )
    assert (told["method"], told["body"]) == ("GET", "")
    elsewhere = {"to": standin.url.replace("127.0.0.1", "localhost") + "/people/1"}
    error = fails(lambda ctx: request_json(ctx, "GET", url, params=elsewhere, follow_redirects=True))
    assert error.kind == "redirect"
    loop = {"to": "/redirect?to=/redirect%3Fto=/redirect%253Fto=/redirect%25253Fto=/redirect"}
    assert fails(lambda ctx: request_json(ctx, "GET", url, params=loop, follow_redirects=True)).kind in {
        "redirect", "http"
    }  # fmt: skip


def test_a_redirect_to_another_port_loses_the_flows_headers(standin):
    with running() as other:
        told = with_http(
            lambda ctx: request_json(
                ctx,
                "GET",
                f"{standin.url}/redirect",
                params={"to": f"{other.url}/echo"},
                headers={"X-Key": "secret", "Authorization": bearer("secret"), "Accept": "text/x"},
                follow_redirects=True,
            )
        )
    assert "secret" not in json.dumps(told["headers"])
    assert told["headers"]["accept"] == "text/x"


@pytest.mark.parametrize("value", ["", ".", "..", None, [], {}, [1]])
def test_segments_that_would_change_the_path_are_refused(value):
    with pytest.raises(ExpressionError):
        segment(value)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("a b", "a%20b"),
        ("../x", "..%2Fx"),
        (7, "7"),
        (True, "true"),
        (1.5, "1.5"),
        ("ü", "%C3%BC"),
        ("a?b#c", "a%3Fb%23c"),
    ],
)
def test_segments_are_encoded(value, encoded):
    assert segment(value) == encoded


def test_encoded_segments_arrive_as_one_segment(standin):
    for value in ("../admin", "a/b", "a?b#c", "%2e%2e", "...", "\\..\\x"):
        told = with_http(lambda ctx, value=value: request_json(ctx, "GET", f"{standin.url}/echo/{segment(value)}"))
        assert told["path"] == "/echo/" + segment(value)


def test_query_values_are_scalars_and_fields_may_be_lists_of_them():
    assert query_value("a&b=c d") == "a%26b%3Dc%20d"
    assert fields({"a": [1, True, "a"], "b": 2}) == {"a": ["1", "true", "a"], "b": "2"}
    for value in (None, {}, [None], [[1]]):
        with pytest.raises(ExpressionError):
            query_value(value)
        with pytest.raises(ExpressionError):
            fields({"a": value})


@pytest.mark.parametrize("value", ["", " a", "a ", "a\tb", "a\nb", "a\r\nb", "ü", "\x7f", "x" * 8193, None, [], {}])
def test_header_values_are_checked(value):
    with pytest.raises(ExpressionError):
        header_value(value)


def test_header_values_pass_as_text():
    assert [header_value(value) for value in ("a b", 5, False, "~!")] == ["a b", "5", "false", "~!"]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("3", 3.0), ("0.5", 0.5), ("-1", None), ("soon", None), (None, None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_retry_after(value, seconds):
    assert retry_after_seconds(value) == seconds
