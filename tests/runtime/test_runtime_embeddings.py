"""Embeddings and rerank through the real client, against the local server and against answers that are wrong."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from templates.runtime.embeddings import EMBEDDED, VectorMemory, embed, embed_all
from templates.runtime.errors import FlowError
from templates.runtime.httpx_client import open_httpx
from templates.runtime.llm import LLM, LlmPool
from templates.runtime.llm_openai import OpenAI
from templates.runtime.pools import ConnectionPools
from templates.runtime.rerank import rerank
from tests.runtime.support import make_context
from tests.standin.server import running

MODEL = OpenAI("text-embedding-3-small", api_key="k")


def against_server(work: Callable[[Any, str], Awaitable[Any]]) -> Any:
    async def run(url: str) -> Any:
        async with ConnectionPools.opened([LLM, EMBEDDED]) as pools:
            return await work(make_context(pools), url)

    with running() as server:
        return asyncio.run(run(server.url))


def against(answer: Callable[[httpx.Request], httpx.Response], work: Callable[[Any], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        pool = LlmPool(open_httpx(httpx.MockTransport(answer)))
        async with ConnectionPools.opened([EMBEDDED], ConnectionPools({LLM: pool})) as pools:
            return await work(make_context(pools))

    return asyncio.run(run())


def _near(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_texts_that_mean_alike_are_near() -> None:
    async def work(ctx: Any, url: str) -> Any:
        model = OpenAI("m", base_url=f"{url}/v1")
        found = await embed_all(
            ctx, "a", model, ["ships sail the sea", "the sea and its ships", "tax forms"], batch_size=2
        )
        assert found["usage"]["input_tokens"] > 0
        one = await embed(ctx, "a", model, "ships sail the sea", dimensions=32)
        assert len(one["vector"]) == 32
        return found["vectors"]

    first, second, third = against_server(work)
    assert _near(first, second) > _near(first, third)


def test_a_text_is_asked_for_once() -> None:
    batches: list[int] = []

    async def work(ctx: Any, url: str) -> Any:
        model = OpenAI("m", base_url=f"{url}/v1")
        first = await embed_all(ctx, "a", model, ["a", "b", "a", "c"])
        second = await embed_all(ctx, "a", model, ["c", "a"])
        batches.append(second["usage"]["input_tokens"])
        assert first["vectors"][0] == first["vectors"][2] == second["vectors"][1]
        other = await embed_all(ctx, "a", OpenAI("other", base_url=f"{url}/v1"), ["a"])
        batches.append(other["usage"]["input_tokens"])

    against_server(work)
    assert batches == [0, 1]


def test_the_memory_is_bounded() -> None:
    memory = VectorMemory(3)
    keys = [("m", None, None, str(number)) for number in range(5)]
    for key in keys[:3]:
        memory.keep(key, [1.0])
    memory.find(keys[0])
    memory.keep(keys[3], [2.0])
    assert len(memory) == 3
    assert memory.find(keys[0]) == [1.0]
    assert memory.find(keys[1]) is None


def test_batches_go_out_at_the_same_time_and_an_error_ends_all() -> None:
    asked: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(1)
        return httpx.Response(500 if len(asked) == 2 else 200, json={"data": []})

    async def work(ctx: Any) -> None:
        with pytest.raises(FlowError):
            await embed_all(ctx, "a", MODEL, [str(number) for number in range(50)], batch_size=1)
        assert len(asyncio.all_tasks()) == 1

    against(answer, work)
    assert len(asked) <= 8


def _rows(*vectors: list[float]) -> httpx.Response:
    rows = [{"object": "embedding", "index": at, "embedding": vector} for at, vector in enumerate(vectors)]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return httpx.Response(200, json={"object": "list", "model": "m", "data": rows, "usage": usage})


@pytest.mark.parametrize(
    ("response", "kind", "title"),
    [
        (_rows([1.0, 2.0]), "invalid_response", "the vectors have 2 dimensions, not 3"),
        (_rows(), "invalid_response", "another number of vectors"),
        (httpx.Response(401, json={"error": {"message": "sk-secret"}}), "auth", "answered 401"),
        (httpx.Response(503, json={}), "http", "answered 503"),
        (httpx.Response(200, text="nonsense"), "invalid_response", "cannot be read"),
    ],
)
def test_wrong_answers(response: httpx.Response, kind: str, title: str) -> None:
    async def work(ctx: Any) -> None:
        with pytest.raises(FlowError, match=title) as caught:
            await embed(ctx, "a", MODEL, "text", dimensions=3)
        assert caught.value.kind == kind
        assert "secret" not in str(caught.value)

    against(lambda request: response, work)


def _answer(data: object, usage: object = None) -> httpx.Response:
    body = {"object": "list", "model": "m", "data": data, "usage": usage}
    return httpx.Response(200, text=json.dumps(body), headers={"content-type": "application/json"})


@pytest.mark.parametrize(
    "data",
    [
        None,
        ["nonsense", "nonsense"],
        [{"embedding": [1.0]}, {"embedding": [1.0]}],
        [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [2.0]}],
        [{"index": 0, "embedding": [1.0]}, {"index": 2, "embedding": [2.0]}],
        [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}],
        [{"index": 0, "embedding": ["a"]}, {"index": 1, "embedding": ["b"]}],
        [{"index": 0, "embedding": None}, {"index": 1, "embedding": None}],
        [{"index": 0, "embedding": []}, {"index": 1, "embedding": []}],
        [{"index": 0, "embedding": [math.nan]}, {"index": 1, "embedding": [1.0]}],
        [{"index": 0, "embedding": [math.inf]}, {"index": 1, "embedding": [1.0]}],
    ],
)
def test_what_is_no_vector_goes_no_further(data: object) -> None:
    async def work(ctx: Any) -> None:
        with pytest.raises(FlowError) as caught:
            await embed_all(ctx, "a", MODEL, ["secret one", "secret two"])
        assert (caught.value.kind, caught.value.status) == ("invalid_response", 502)
        assert "secret" not in str(caught.value)
        assert len(ctx.pools[EMBEDDED]) == 0

    against(lambda request: _answer(data), work)


@pytest.mark.parametrize("usage", [None, "text", {}, {"prompt_tokens": None}])
def test_vectors_without_usage_are_vectors(usage: object) -> None:
    async def work(ctx: Any) -> None:
        found = await embed(ctx, "a", MODEL, "text")
        assert (found["vector"], found["usage"]["input_tokens"]) == ([1.0], 0)

    against(lambda request: _answer([{"index": 0, "embedding": [1.0]}], usage), work)


def test_vectors_stand_by_their_index() -> None:
    async def work(ctx: Any) -> None:
        assert (await embed_all(ctx, "a", MODEL, ["a", "b"]))["vectors"] == [[1.0], [2.0]]

    against(lambda request: _answer([{"index": 1, "embedding": [2.0]}, {"index": 0, "embedding": [1.0]}]), work)


def test_many_who_want_the_same_vector_are_one_question() -> None:
    asked: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(1)
        return _rows([1.0, 2.0])

    async def work(ctx: Any) -> None:
        found = await asyncio.gather(*(embed(ctx, "a", MODEL, "text") for _ in range(200)))
        assert sum(each["usage"]["input_tokens"] for each in found) == 1
        found[0]["vector"].clear()
        assert all(each["vector"] == [1.0, 2.0] for each in found[1:])
        assert (await embed(ctx, "a", MODEL, "text"))["vector"] == [1.0, 2.0]

    against(answer, work)
    assert len(asked) == 1


def test_an_error_goes_to_all_who_wait_and_is_not_kept() -> None:
    answers = iter([httpx.Response(503, json={}), _rows([1.0])])

    async def work(ctx: Any) -> None:
        failed = await asyncio.gather(*(embed(ctx, "a", MODEL, "text") for _ in range(3)), return_exceptions=True)
        assert [type(each) for each in failed] == [FlowError] * 3
        assert (await embed(ctx, "a", MODEL, "text"))["vector"] == [1.0]

    against(lambda request: next(answers), work)


def test_the_next_try_asks_only_for_what_is_missing() -> None:
    asked: list[list[str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content)["input"])
        return httpx.Response(503, json={}) if asked.count(["b"]) == 1 and asked[-1] == ["b"] else _rows([1.0])

    async def work(ctx: Any) -> None:
        with pytest.raises(FlowError):
            await embed_all(ctx, "a", MODEL, ["a", "b"], batch_size=1)
        await embed_all(ctx, "a", MODEL, ["a", "b"], batch_size=1)

    against(answer, work)
    assert asked == [["a"], ["b"], ["b"]]


@pytest.mark.parametrize("texts", ["words", None, {"a": "b"}])
def test_what_is_no_list_is_not_sent(texts: Any) -> None:
    async def work(ctx: Any) -> None:
        with pytest.raises(FlowError, match="no list"):
            await embed_all(ctx, "a", MODEL, texts)

    against(lambda request: pytest.fail("nothing should be asked"), work)


@pytest.mark.parametrize("texts", [["a", ""], ["a", "  "], ["a", None], ["a", 5]])
def test_what_is_no_text_is_not_sent(texts: Any) -> None:
    async def work(ctx: Any) -> None:
        with pytest.raises(FlowError, match="text 2 of 2"):
            await embed_all(ctx, "a", MODEL, texts)

    against(lambda request: pytest.fail("nothing should be asked"), work)


def test_documents_are_ordered() -> None:
    documents = [{"t": "tax forms"}, {"t": "ships at sea"}, {"t": "a ship and the sea"}]

    async def work(ctx: Any, url: str) -> Any:
        found = await rerank(ctx, "a", f"{url}/v1", "m", "sea ship", documents, api_key="k", text_key="t", limit=2)
        assert await rerank(ctx, "a", f"{url}/v1", "m", "sea", []) == []
        return [each["index"] for each in found], [each["document"] for each in found]

    order, kept = against_server(work)
    assert order[0] == 2
    assert len(order) == 2
    assert kept[0] is not None
    assert all(each in documents for each in kept)


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (httpx.Response(200, json={"results": [{"index": 7, "relevance_score": 1}]}), "invalid_response"),
        (httpx.Response(200, json={"results": [{"index": -1, "relevance_score": 1}]}), "invalid_response"),
        (httpx.Response(200, json={"ranking": []}), "invalid_response"),
        (httpx.Response(429, json={}, headers={"retry-after": "3"}), "http"),
    ],
)
def test_wrong_rankings(response: httpx.Response, kind: str) -> None:
    async def work(ctx: Any) -> None:
        with pytest.raises(FlowError) as caught:
            await rerank(ctx, "a", "http://rank.test", "m", "q", ["a", "b"])
        assert caught.value.kind == kind

    against(lambda request: response, work)
