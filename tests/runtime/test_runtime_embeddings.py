"""Vectors of texts through the SDK, from the stand-in and from services that answer oddly."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from templates.runtime.embeddings import VECTORS, Wanted, embedding, embeddings
from templates.runtime.errors import FlowError
from templates.runtime.httpx_client import open_httpx
from templates.runtime.llm import LLM, LlmPool
from templates.runtime.llm_openai import OpenAI
from templates.runtime.pools import ConnectionPools
from tests.runtime.support import Context, make_context, run

MODEL = OpenAI("a-model", api_key="a-key", base_url="http://models.test/v1")


class Service:
    """A service in the place of the network: a vector by the length of each text, and what it was asked."""

    def __init__(self, alter: Callable[[dict[str, Any]], Any] = lambda body: body) -> None:
        self.asked: list[dict[str, Any]] = []
        self.most = 0
        self._now = 0
        self._alter = alter

    async def answer(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        self.asked.append(asked)
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(0.01)
        self._now -= 1
        rows = [{"object": "embedding", "index": at, "embedding": [len(text), 1.0]} for at, text in _numbered(asked)]
        usage = {"prompt_tokens": len(rows), "total_tokens": len(rows)}
        body = self._alter({"object": "list", "data": rows, "model": "a-model", "usage": usage})
        return body if isinstance(body, httpx.Response) else httpx.Response(200, json=body)

    def ask(self, work: Callable[[Context], Awaitable[Any]]) -> Any:
        async def scenario() -> Any:
            pool = LlmPool(open_httpx(httpx.MockTransport(self.answer)))
            async with ConnectionPools.opened([VECTORS]) as pools:
                try:
                    both = ConnectionPools({LLM: pool, VECTORS: pools[VECTORS]})
                    return await work(make_context(both))
                finally:
                    await pool.close()

        return run(scenario())

    def fails(self, work: Callable[[Context], Awaitable[Any]]) -> FlowError:
        with pytest.raises(FlowError) as caught:
            self.ask(work)
        return caught.value


def _numbered(asked: dict[str, Any]) -> list[tuple[int, str]]:
    return list(enumerate(asked["input"]))


def test_a_text_has_a_vector():
    service = Service()
    found = service.ask(lambda ctx: embedding(ctx, "a", MODEL, "four"))
    assert found == {"vector": [4.0, 1.0], "model": "a-model", "usage": {"input_tokens": 1}}
    assert service.asked == [{"input": ["four"], "model": "a-model", "encoding_format": "float"}]


def test_many_texts_go_in_batches_some_at_a_time_and_come_back_in_order():
    service = Service()
    texts = ["x" * size for size in range(1, 24)]
    wanted = Wanted(batch_size=3, concurrency=2)
    found = service.ask(lambda ctx: embeddings(ctx, "a", MODEL, texts, wanted))
    assert [vector[0] for vector in found["vectors"]] == list(range(1, 24))
    assert [len(asked["input"]) for asked in service.asked] == [3] * 7 + [2]
    assert service.most == 2
    assert found["usage"] == {"input_tokens": 23}


def test_each_text_is_asked_about_once():
    service = Service()

    async def work(ctx: Context) -> Any:
        await embedding(ctx, "a", MODEL, "one")
        first = await embeddings(ctx, "b", MODEL, ["one", "three", "three", "four"])
        again = await embeddings(ctx, "c", MODEL, ["four", "one"])
        return first, again

    first, again = service.ask(work)
    assert [asked["input"] for asked in service.asked] == [["one"], ["three", "four"]]
    assert [vector[0] for vector in first["vectors"]] == [3, 5, 5, 4]
    assert again == {"vectors": [[4.0, 1.0], [3.0, 1.0]], "model": "a-model", "usage": {"input_tokens": 0}}


def test_other_models_and_sizes_have_vectors_of_their_own():
    service = Service()

    async def work(ctx: Context) -> None:
        await embedding(ctx, "a", MODEL, "one")
        await embedding(ctx, "a", OpenAI("another", base_url="http://models.test/v1"), "one")
        await embedding(ctx, "a", OpenAI("a-model", base_url="http://others.test/v1"), "one")
        await embedding(ctx, "a", MODEL, "one", Wanted(dimensions=2))
        await embedding(ctx, "a", MODEL, "one", Wanted(reuse=False))

    service.ask(work)
    assert len(service.asked) == 5
    assert [asked.get("dimensions") for asked in service.asked] == [None, None, None, 2, None]


def test_many_at_the_same_time_are_one_question():
    service = Service()

    async def work(ctx: Context) -> Any:
        return await asyncio.gather(*(embedding(ctx, "a", MODEL, "one") for _ in range(200)))

    found = service.ask(work)
    assert len(service.asked) == 1
    assert {tuple(each["vector"]) for each in found} == {(3.0, 1.0)}
    assert sum(each["usage"]["input_tokens"] for each in found) == 1


def test_a_vector_that_a_caller_changes_stays_as_it_was_for_others():
    service = Service()

    async def work(ctx: Context) -> Any:
        (await embedding(ctx, "a", MODEL, "one"))["vector"].clear()
        return await embedding(ctx, "a", MODEL, "one")

    assert service.ask(work)["vector"] == [3.0, 1.0]


def test_what_came_before_an_error_is_not_asked_for_again():
    failing = iter([False, True, False])
    service = Service(lambda body: httpx.Response(503, json={}) if next(failing) else body)
    wanted = Wanted(batch_size=1, concurrency=1)

    async def work(ctx: Context) -> Any:
        with pytest.raises(FlowError):
            await embeddings(ctx, "a", MODEL, ["one", "three"], wanted)
        return await embeddings(ctx, "a", MODEL, ["one", "three"], wanted)

    assert service.ask(work)["vectors"] == [[3.0, 1.0], [5.0, 1.0]]
    assert [asked["input"] for asked in service.asked] == [["one"], ["three"], ["three"]]


def test_an_error_is_not_kept():
    failing = iter([True, False])
    service = Service(lambda body: httpx.Response(429, json={}) if next(failing) else body)

    async def work(ctx: Context) -> Any:
        with pytest.raises(FlowError) as caught:
            await embedding(ctx, "a", MODEL, "one")
        assert caught.value.upstream == 429
        return await embedding(ctx, "a", MODEL, "one")

    assert service.ask(work)["vector"] == [3.0, 1.0]


def test_no_texts_ask_nothing():
    service = Service()
    assert service.ask(lambda ctx: embeddings(ctx, "a", MODEL, []))["vectors"] == []
    assert service.asked == []


def test_vectors_of_another_size_than_declared_are_an_error():
    error = Service().fails(lambda ctx: embedding(ctx, "a", MODEL, "one", Wanted(dimensions=3)))
    assert error.title == "the model gave a vector of 2 numbers where 3 were expected"
    assert (error.kind, error.status) == ("invalid_response", 502)


def _rows(*vectors: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda body: {**body, "data": [{"index": at, "embedding": each} for at, each in enumerate(vectors)]}


@pytest.mark.parametrize(
    "alter",
    [
        _rows([1.0]),
        _rows([1.0], [1.0, 2.0]),
        _rows([], []),
        _rows(["a"], ["b"]),
        _rows(None, None),
        lambda body: {**body, "data": None},
        lambda body: {**body, "data": ["nonsense"]},
        lambda body: {**body, "data": [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}]},
        lambda body: {},
        lambda body: [],
        lambda body: httpx.Response(200, text="hello"),
        lambda body: httpx.Response(200, json={**body, "data": [{"embedding": [1.0]}, {"embedding": [1.0]}]}),
        lambda body: httpx.Response(
            200, text='{"data": [{"index": 0, "embedding": [NaN]}, {"index": 1, "embedding": [1]}]}'
        ),
    ],
)
def test_nonsense_is_an_error_that_says_nothing_of_the_texts(alter):
    error = Service(alter).fails(lambda ctx: embeddings(ctx, "a", MODEL, ["secret one", "secret two"]))
    assert (error.kind, error.status) == ("invalid_response", 502)
    assert "secret" not in str(error)


def test_vectors_without_usage_are_vectors():
    service = Service(lambda body: {name: value for name, value in body.items() if name != "usage"})
    found = service.ask(lambda ctx: embedding(ctx, "a", MODEL, "four"))
    assert found["vector"] == [4.0, 1.0]
    assert found["usage"] == {"input_tokens": 0}


@pytest.mark.parametrize("texts", ["words", None, ["fine", 1], ["fine", None], ["fine", "  "], [["list"]]])
def test_what_is_no_list_of_texts_is_not_sent(texts):
    service = Service()
    assert service.fails(lambda ctx: embeddings(ctx, "a", MODEL, texts)).kind == "invalid_request"
    assert service.asked == []


@pytest.mark.parametrize("text", [None, 1, "", ["a"]])
def test_what_is_no_text_is_not_sent(text):
    service = Service()
    assert service.fails(lambda ctx: embedding(ctx, "a", MODEL, text)).kind == "invalid_request"
    assert service.asked == []


@pytest.mark.parametrize(("status", "kind"), [(401, "auth"), (400, "http"), (500, "http")])
def test_refusals_of_the_service_have_the_kinds_of_models(status, kind):
    error = Service(lambda body: httpx.Response(status, json={"error": {"message": "no: one"}})).fails(
        lambda ctx: embedding(ctx, "a", MODEL, "one")
    )
    assert (error.kind, error.upstream) == (kind, status)
    assert "one" not in str(error)


@pytest.mark.usefixtures("model_services")
def test_alike_texts_are_near_through_a_real_connection():
    async def scenario() -> Any:
        async with ConnectionPools.opened([LLM, VECTORS]) as pools:
            texts = ["search of vectors", "vector search of vectors", "parcels and trucks"]
            return await embeddings(make_context(pools), "a", OpenAI("e", api_key="k"), texts, Wanted(dimensions=256))

    first, second, third = run(scenario())["vectors"]
    assert len(first) == 256
    dot = lambda a, b: sum(x * y for x, y in zip(a, b, strict=True))  # noqa: E731
    assert dot(first, second) > dot(first, third)
