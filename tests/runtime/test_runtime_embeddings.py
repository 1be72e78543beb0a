"""Embeddings and rerank through the real client, against the local server and against answers that are wrong."""

import asyncio
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
        found = await embed_all(ctx, model, ["ships sail the sea", "the sea and its ships", "tax forms"], batch_size=2)
        assert found["usage"]["input_tokens"] > 0
        one = await embed(ctx, model, "ships sail the sea", dimensions=32)
        assert len(one["vector"]) == 32
        return found["vectors"]

    first, second, third = against_server(work)
    assert _near(first, second) > _near(first, third)


def test_a_text_is_asked_for_once() -> None:
    batches: list[int] = []

    async def work(ctx: Any, url: str) -> Any:
        model = OpenAI("m", base_url=f"{url}/v1")
        first = await embed_all(ctx, model, ["a", "b", "a", "c"])
        second = await embed_all(ctx, model, ["c", "a"])
        batches.append(second["usage"]["input_tokens"])
        assert first["vectors"][0] == first["vectors"][2] == second["vectors"][1]
        other = await embed_all(ctx, OpenAI("other", base_url=f"{url}/v1"), ["a"])
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
            await embed_all(ctx, MODEL, [str(number) for number in range(50)], batch_size=1)
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
            await embed(ctx, MODEL, "text", dimensions=3)
        assert caught.value.kind == kind
        assert "secret" not in str(caught.value)

    against(lambda request: response, work)


@pytest.mark.parametrize("texts", [["a", ""], ["a", "  "], ["a", None], ["a", 5]])
def test_what_is_no_text_is_not_sent(texts: Any) -> None:
    async def work(ctx: Any) -> None:
        with pytest.raises(FlowError, match="text 2 of 2"):
            await embed_all(ctx, MODEL, texts)

    against(lambda request: pytest.fail("nothing should be asked"), work)


def test_documents_are_ordered() -> None:
    documents = [{"t": "tax forms"}, {"t": "ships at sea"}, {"t": "a ship and the sea"}]

    async def work(ctx: Any, url: str) -> Any:
        found = await rerank(ctx, f"{url}/v1", "m", "sea ship", documents, api_key="k", text_key="t", limit=2)
        assert await rerank(ctx, f"{url}/v1", "m", "sea", []) == []
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
            await rerank(ctx, "http://rank.test", "m", "q", ["a", "b"])
        assert caught.value.kind == kind

    against(lambda request: response, work)
