"""Streams of models, event by event: how they are taken apart, and what becomes of streams that are wrong."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates.runtime.errors import FlowError
from templates.runtime.llm import LLM, LlmRequest, Model
from templates.runtime.llm_anthropic import Anthropic
from templates.runtime.llm_events import _Splitter, read_events
from templates.runtime.llm_openai import OpenAI
from templates.runtime.pools import ConnectionPools
from tests.runtime.support import run
from tests.runtime.wire import Reply, Wire, listening

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


def openai_event(delta: dict[str, Any] | None = None, reason: str | None = None, **more: Any) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
    return b"data: " + json.dumps({"model": "m-1", "choices": choices, **more}).encode() + b"\n\n"


OPENAI = [
    b": hello\n\n",
    openai_event({"role": "assistant", "content": ""}),
    openai_event({"content": "Grüß "}),
    openai_event({"content": "dich"}),
    openai_event({}, "stop"),
    openai_event(usage={"prompt_tokens": 3, "completion_tokens": 2}),
]
DONE = b"data: [DONE]\n\n"


def anthropic_event(type_: str, **data: Any) -> bytes:
    return f"event: {type_}\ndata: {json.dumps({'type': type_, **data})}\n\n".encode()


ANTHROPIC = [
    anthropic_event("message_start", message={"model": "m-1", "usage": {"input_tokens": 3}}),
    anthropic_event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
    anthropic_event("ping"),
    anthropic_event("content_block_delta", index=0, delta={"type": "text_delta", "text": "Grüß "}),
    anthropic_event("content_block_delta", index=0, delta={"type": "text_delta", "text": "dich"}),
    anthropic_event("content_block_delta", index=0, delta={"type": "something_new"}),
    anthropic_event("content_block_stop", index=0),
    anthropic_event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 2}),
    anthropic_event("message_stop"),
]


def asked(make: Callable[[str], Model], answer: bytes | Reply) -> tuple[Any, list[str], Wire]:
    """The completion, what was said on the way, and what the server saw."""
    said: list[str] = []

    async def scenario() -> tuple[Any, list[str], Wire]:
        async with listening(answer) as wire, ConnectionPools.opened([LLM]) as pools:
            request = LlmRequest(({"role": "user", "content": "Hello"},))
            completed = await make(wire.url).ask(pools[LLM], request, said.append)
            return completed.completion(), said, wire

    return run(scenario())


def fails(make: Callable[[str], Model], answer: bytes | Reply) -> FlowError:
    with pytest.raises(FlowError) as caught:
        asked(make, answer)
    return caught.value


def openai(url: str) -> Model:
    return OpenAI("m", "a-key", base_url=f"{url}/v1")


def anthropic(url: str) -> Model:
    return Anthropic("m", "a-key", base_url=url)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize(("make", "events"), [(openai, [*OPENAI, DONE]), (anthropic, ANTHROPIC)])
def test_a_whole_stream(make, events, ending):
    stream = [event.replace(b"\n", ending) for event in events]
    completion, said, wire = asked(make, HEAD + chunked(*stream) + END)
    assert completion["text"] == "Grüß dich"
    assert said == ["Grüß ", "dich"]
    assert (completion["usage"]["input_tokens"], completion["usage"]["output_tokens"]) == (3, 2)
    assert (completion["model"], completion["finish_reason"]) == ("m-1", "stop")
    sent = json.loads(wire.last.body)
    assert sent["messages"] == [{"role": "user", "content": "Hello"}]
    assert (sent["model"], sent["stream"]) == ("m", True)


def test_a_packed_stream():
    body = gzip.compress(b"".join([*OPENAI, DONE]))
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(body)
    assert asked(openai, head + body)[0]["text"] == "Grüß dich"


def cut_anywhere(text: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in pairwise(bounds)]


@given(st.lists(st.integers(0, 10_000), max_size=12), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_events_are_the_same_wherever_chunks_begin(places, ending):
    events = [
        b"data: 1",
        b"event: x\ndata:2\ndata:  3\nid: 7",
        b": only a comment",
        b"data: \xc3\xbc\nretry: 5",
        b"data",
    ]
    text = b"".join(event + b"\n\n" for event in events).replace(b"\n", ending) + b"x"
    splitter = _Splitter()
    found = [data for chunk in cut_anywhere(text, places) for data in splitter.feed(chunk)]
    assert found == [b"1", b"2\n 3", b"\xc3\xbc"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"type": "server_error", "code": None}, 500),
        ({"type": "requests", "code": "rate_limit_exceeded"}, 429),
        ("plain text", 500),
    ],
)
def test_errors_told_in_the_middle_by_openai(error, status):
    failure = fails(openai, HEAD + chunked(*OPENAI[:3], b"data: " + json.dumps({"error": error}).encode() + b"\n\n"))
    assert (failure.kind, failure.upstream) == ("http", status)


@pytest.mark.parametrize(
    ("name", "status"),
    [("overloaded_error", 529), ("rate_limit_error", 429), ("authentication_error", 401), ("new", 500)],
)
def test_errors_told_in_the_middle_by_anthropic(name, status):
    error = anthropic_event("error", error={"type": name, "message": "no"})
    failure = fails(anthropic, HEAD + chunked(*ANTHROPIC[:4], error))
    assert (failure.kind, failure.upstream) == ("auth" if status == 401 else "http", status)


@pytest.mark.parametrize("delta", [{"refusal": "I will not."}, {"content": None, "refusal": "No."}])
def test_refusals_in_a_stream(delta):
    assert fails(openai, HEAD + chunked(openai_event(delta)) + END).kind == "refused"
    assert fails(openai, HEAD + chunked(openai_event({}, "content_filter")) + END).kind == "refused"
    stop = anthropic_event("message_delta", delta={"stop_reason": "refusal"}, usage={"output_tokens": 0})
    assert fails(anthropic, HEAD + chunked(ANTHROPIC[0], stop, ANTHROPIC[-1]) + END).kind == "refused"


@pytest.mark.parametrize(
    "event",
    [b"not json", b"[1]", b"7", b"null", b'"text"', b"\xff", b'{"choices": [7], "type": "message_delta"}',
     b'{"choices": 5, "type": "message_start"}', b'{"choices": [{"delta": 7}], "type": "error"}',
     b'{"choices": [{"delta": {"content": ["a"]}}], "type": "content_block_delta", "delta": {"text": ["a"]}}'],
)  # fmt: skip
@pytest.mark.parametrize("make", [openai, anthropic])
def test_events_that_are_none_of_the_protocol(make, event):
    assert fails(make, HEAD + chunked(b"data: " + event + b"\n\n") + END).kind == "invalid_response"


@pytest.mark.parametrize(("make", "events"), [(openai, OPENAI[:4]), (anthropic, ANTHROPIC[:5])])
def test_streams_that_break_off(make, events):
    async def broken(wire: Wire, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + chunked(*events))
        await writer.drain()

    assert fails(make, HEAD + chunked(*events) + END).kind == "connection"
    assert fails(make, broken).kind == "connection"
    assert fails(make, b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").kind == "connection"


@pytest.mark.parametrize("make", [openai, anthropic])
def test_an_answer_that_is_no_answer(make):
    async def scenario(answer: bytes) -> str:
        async with listening(answer) as wire, ConnectionPools.opened([LLM]) as pools:
            with pytest.raises(FlowError) as caught:
                await make(wire.url).ask(pools[LLM], LlmRequest(({"role": "user", "content": "Hello"},)), None)
            return caught.value.kind

    assert (
        run(scenario(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello"))
        == "invalid_response"
    )


def test_a_connection_is_kept_when_a_stream_has_ended():
    async def scenario() -> int:
        async with listening(HEAD + chunked(*OPENAI, DONE) + END) as wire, ConnectionPools.opened([LLM]) as pools:
            for _ in range(5):
                await openai(wire.url).ask(pools[LLM], LlmRequest(({"role": "user", "content": "Hello"},)), str)
            return wire.connections

    assert run(scenario()) == 1


def test_a_stream_that_is_done_and_never_ends():
    async def hangs(wire: Wire, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + chunked(*OPENAI, DONE))
        await asyncio.sleep(2)

    assert asked(openai, hangs)[0]["text"] == "Grüß dich"


def test_giving_up_closes_the_stream():
    async def hangs(wire: Wire, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + chunked(*OPENAI[:3]))
        await asyncio.sleep(0.5)

    async def scenario() -> None:
        async with listening(hangs) as wire, ConnectionPools.opened([LLM]) as pools:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await openai(wire.url).ask(pools[LLM], LlmRequest(({"role": "user", "content": "Hello"},)), str)
            await asyncio.sleep(0.5)
            assert (wire.connections, wire.closed) == (1, 1)

    run(scenario())


def test_a_stream_without_an_end_of_its_events_is_left():
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"data: " + b"x" * 1_000_000

    with pytest.raises(FlowError) as caught:
        run(read_events(endless(), lambda event: False))
    assert caught.value.kind == "invalid_response"


def test_errors_of_the_connection():
    assert fails(lambda url: OpenAI("m", "k", base_url="http://127.0.0.1:9/v1"), b"").kind == "connection"
    assert fails(openai, b"this is no HTTP\r\n\r\n").kind == "connection"
    busy = b"HTTP/1.1 429 Busy\r\nretry-after: 7\r\ncontent-length: 2\r\n\r\n{}"
    failure = fails(anthropic, busy)
    assert (failure.kind, failure.upstream, failure.retry_after) == ("http", 429, 7.0)


def test_a_call_is_sent_once():
    async def refuses(wire: Wire, writer: asyncio.StreamWriter) -> None:
        return None

    async def scenario() -> int:
        async with listening(refuses) as wire, ConnectionPools.opened([LLM]) as pools:
            with pytest.raises(FlowError):
                await openai(wire.url).ask(pools[LLM], LlmRequest(({"role": "user", "content": "Hello"},)), str)
            return len(wire.seen)

    assert run(scenario()) == 1


def test_redirects_and_cookies_of_a_provider_are_not_followed_and_not_kept():
    async def scenario() -> None:
        away = b"HTTP/1.1 307 Away\r\nlocation: /elsewhere\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n"
        async with listening(away) as wire, ConnectionPools.opened([LLM]) as pools:
            for _ in range(2):
                with pytest.raises(FlowError) as caught:
                    await openai(wire.url).ask(pools[LLM], LlmRequest(({"role": "user", "content": "Hello"},)), str)
                assert caught.value.upstream == 307
            assert [seen.target for seen in wire.seen] == ["/v1/chat/completions"] * 2
            assert "cookie" not in wire.last.headers

    run(scenario())
