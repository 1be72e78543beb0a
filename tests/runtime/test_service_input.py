"""Every bad body and header of the corpus against a running service: rejected or kept as data, never echoed."""

import asyncio
import io
import json
import logging
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from templates.runtime import logs
from templates.runtime.answers import check_header
from templates.runtime.errors import FlowError
from templates.runtime.intake import BodyReader
from templates.runtime.problems import RequestError
from templates.runtime.soundness import shape_of
from tests.runtime.service_parts import STRICT, make_app, serving, workflow

CORPUS = Path(__file__).parents[1] / "corpus" / "payloads.jsonl"
LINES = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
BODIES = [line for line in LINES if line["where"] == "json_body" and line["payload"].startswith(("{", "[", '"', "n"))]
HEADERS = [line for line in LINES if line["class"] == "crlf" and line["where"] == "header"]
REQUEST_HEADERS = [line for line in LINES if line["class"] == "request_header_attack"]


@with_config(STRICT)
class Given(TypedDict, total=False):
    id: int
    query: str
    tags: list[str]


def _named(line: Any) -> str:
    return str(line["id"])


@pytest.mark.parametrize("line", BODIES, ids=_named)
def test_bodies_of_the_corpus(line: dict[str, Any], fast_path: bool) -> None:
    async def run(ctx: Any) -> dict[str, Any]:
        if "traceback" in ctx.input.get("query", ""):
            raise ValueError(ctx.input["query"])
        return dict(ctx.input)

    app = make_app(workflow(run, input_type=Given, output_type=dict[str, Any]), fast_path=fast_path)
    with serving(app) as server:
        answer = server.client.post(
            "/api/v1/echo/execute", content=line["payload"].encode(), headers={"content-type": "application/json"}
        )
    if line["expect"] == "rejected_422":
        assert answer.status_code == 422
    elif answer.status_code == 200:
        assert answer.json() == json.loads(line["payload"])
    for private in ("hunter2", "sk-live-123", "Traceback", "cause upstream"):
        assert answer.status_code == 200 or private not in answer.text


@pytest.mark.parametrize("line", HEADERS, ids=_named)
def test_header_values_of_the_corpus(line: dict[str, Any]) -> None:
    with pytest.raises(FlowError, match="may not be sent"):
        check_header("X-A", line["payload"])


@pytest.mark.parametrize("line", REQUEST_HEADERS, ids=_named)
def test_request_headers_of_the_corpus(line: dict[str, Any], fast_path: bool) -> None:
    name, _, value = line["payload"].partition(": ")
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"15"),
        (name.lower().encode(), value.encode()),
    ]
    if name.lower() == "content-type":
        headers = headers[1:]
    status, sent = _call(make_app(fast_path=fast_path), headers, b'{"query": "ab"}')
    assert status in (200, 415)
    assert b"evil" not in sent
    assert b"\x1b" not in sent


def _call(app: Any, headers: list[tuple[bytes, bytes]], body: bytes) -> tuple[int, bytes]:
    """One request as the server would hand it over, without a client that repairs or refuses headers."""
    found: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        found.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/api/v1/echo/execute",
        "raw_path": b"/api/v1/echo/execute",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }

    async def main() -> None:
        async with app.router.lifespan_context(app):
            await app(scope, receive, send)

    asyncio.run(main())
    heads = b"".join(name + value for name, value in found[0]["headers"])
    return found[0]["status"], heads + found[1]["body"]


@pytest.mark.parametrize("line", [each for each in BODIES if each["class"] == "log_injection"], ids=_named)
def test_no_text_can_forge_a_log_line(line: dict[str, Any]) -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.JsonFormatter())
    logger = logging.getLogger("app")
    logger.addHandler(handler)
    text = json.loads(line["payload"])["query"]
    try:
        logs.write("error", text, data={text: text})
    finally:
        logger.removeHandler(handler)
    written = out.getvalue()
    assert written.count("\n") == 1
    assert written.isascii()
    assert "\x1b" not in written
    assert json.loads(written)["message"] == text
    assert json.loads(written)["data"] == {text: text}


@with_config(STRICT)
class Loose(TypedDict, total=False):
    a: Any
    b: Annotated[list[Any], Field(max_length=5)]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)


@given(value=VALUES, spaced=st.booleans(), ascii_only=st.booleans())
def test_sound_bodies_are_taken_as_they_are(value: Any, spaced: bool, ascii_only: bool) -> None:
    separators = (" , ", " : ") if spaced else (",", ":")
    raw = json.dumps({"a": value}, separators=separators, ensure_ascii=ascii_only).encode()
    assert BodyReader(TypeAdapter(Loose)).read(raw) == {"a": value}


@given(value=VALUES, key=st.text(max_size=4), other=VALUES, escaped=st.booleans())
def test_a_key_that_stands_twice_is_found_wherever_it_is(value: Any, key: str, other: Any, escaped: bool) -> None:
    name = json.dumps(key, ensure_ascii=escaped)
    twice = f"{{{name}: {json.dumps(value)}, {name}: {json.dumps(other, ensure_ascii=False)}}}"
    raw = f'{{"a": [1, {twice}, "x:y", {{"c": "{":" * 3}"}}]}}'.encode()
    with pytest.raises(RequestError) as caught:
        BodyReader(TypeAdapter(Loose)).read(raw)
    assert (caught.value.status, caught.value.errors[0]["type"]) == (422, "duplicate_key")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e400"])
def test_numbers_that_are_none_are_found_wherever_they_are(number: str) -> None:
    with pytest.raises(RequestError) as caught:
        BodyReader(TypeAdapter(Loose)).read(f'{{"a": [{{"b": {number}}}]}}'.encode())
    assert caught.value.status == 422


@with_config(STRICT)
class Part(TypedDict):
    sku: str
    price: float


@with_config(STRICT)
class Closed(TypedDict):
    name: str
    parts: list[Part]
    limit: Annotated[int, Field(default=5)]
    note: Annotated[str | None, Field(default=None)]


class Wide(TypedDict):
    when: datetime
    name: str


TEXTS = st.sampled_from(["limit", "note", "a:b", "null", 'x"limit', "", "sku"])
PARTS = st.lists(st.fixed_dictionaries({"sku": TEXTS, "price": st.floats(-1e9, 1e9)}), max_size=3)
CLOSED = st.fixed_dictionaries(
    {"name": TEXTS, "parts": PARTS}, optional={"limit": st.integers(-9, 9), "note": st.none() | TEXTS}
)


def test_only_closed_plain_types_have_a_shape() -> None:
    assert shape_of(TypeAdapter(Closed)) is not None
    assert shape_of(TypeAdapter(Wide)) is None
    assert shape_of(TypeAdapter(Loose)) is None
    assert shape_of(TypeAdapter(list[dict[str, int]])) is None


@given(value=CLOSED, spaced=st.booleans(), data=st.data())
def test_the_quick_proof_agrees_with_the_exact_look(value: dict[str, Any], spaced: bool, data: Any) -> None:
    read = BodyReader(TypeAdapter(Closed)).read
    members = [(name, json.dumps(inner, separators=(",", ":"))) for name, inner in value.items()]
    repeated = data.draw(st.lists(st.sampled_from(members), max_size=2))
    gap = " " if spaced else ""
    raw = ("{" + ",".join(f'"{name}"{gap}:{text}' for name, text in [*members, *repeated]) + "}").encode()
    if repeated:
        with pytest.raises(RequestError) as caught:
            read(raw)
        assert caught.value.errors[0]["type"] == "duplicate_key"
    else:
        assert read(raw) == {"limit": 5, "note": None, **value}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_the_quick_proof_sees_numbers_that_are_none(number: str) -> None:
    raw = f'{{"name": "null", "parts": [{{"sku": "a", "price": {number}}}]}}'.encode()
    with pytest.raises(RequestError):
        BodyReader(TypeAdapter(Closed)).read(raw)
