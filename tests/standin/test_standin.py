"""The stand-in says what it is, and its answers keep the protocols and schemas it is asked for."""

from collections.abc import Iterator
from typing import Literal

import httpx2 as httpx
import pytest
from pydantic import BaseModel, TypeAdapter

from tests.standin.server import StandIn, running
from tests.standin.structured import instance
from tests.standin.words import answer, embedded_json


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    with running() as server:
        yield server


def test_it_says_what_it_is(standin):
    response = httpx.get(standin.url)
    assert "stand-in" in response.text
    assert response.headers["x-stand-in"] == "rules, not a model"
    assert "stand-in" in answer("Tell of the sea.")


def test_pages_lead_to_the_end(standin):
    page, titles = 1, []
    while page is not None:
        answered = httpx.get(f"{standin.url}/items", params={"page": page, "size": 20}).json()
        titles += [item["title"] for item in answered["items"]]
        page = answered["next"]
    assert len(titles) == len(set(titles)) == 47


def test_flaky_works_after_n_failures(standin):
    statuses = [httpx.get(f"{standin.url}/flaky/2?key=t&retry_after=0.1").status_code for _ in range(6)]
    assert statuses == [503, 503, 200, 503, 503, 200]


def test_search_gives_the_best_first(standin):
    found = httpx.get(f"{standin.url}/search", params={"q": "vector search"}).json()
    assert found[0]["topic"] == "vector search" or found[0]["matches"] >= found[-1]["matches"]
    assert httpx.get(f"{standin.url}/search", params={"q": "zzz"}).json() == []
    assert httpx.get(f"{standin.url}/people/999").status_code == 404


def test_a_busy_company_answers_in_the_end(standin):
    statuses = [httpx.get(f"{standin.url}/companies/kitehealth.example").status_code for _ in range(3)]
    assert statuses == [503, 503, 200]
    assert httpx.get(f"{standin.url}/companies/nobody.example").status_code == 404


def test_talks_and_tickets(standin):
    talks = httpx.get(f"{standin.url}/talks", params={"q": "vector search", "limit": 2}).json()
    assert [talk["speaker_id"] for talk in talks] == [12, 24]
    filed = httpx.post(f"{standin.url}/tickets", json={"desk": "billing", "summary": "a"}).json()
    assert filed == {"number": 1097, "desk": "billing"}


class Part(BaseModel):
    name: str
    share: float | None
    kind: Literal["a", "b"]


class Whole(BaseModel):
    label: Literal["billing", "technical", "other"]
    parts: list[Part]
    tags: list[str]
    counts: dict[str, int]
    urgent: bool


@pytest.mark.parametrize("prompt", ["", "x", 'Rate: [{"name": "Ada"}, {"name": "Bo"}]', "{ [ not json", "é" * 500])
def test_instances_fit_their_schema(prompt):
    adapter = TypeAdapter(Whole)
    adapter.validate_python(instance(adapter.json_schema(), prompt), strict=True)


@pytest.mark.parametrize(
    ("prompt", "label"),
    [
        ("Classify as billing, technical or other: I was charged twice.", "billing"),
        ("Classify as billing, technical or other: the app shows an error after login.", "technical"),
        ("Classify as billing, technical or other: lovely weather.", "other"),
    ],
)
def test_labels_follow_the_words(prompt, label):
    assert instance({"enum": ["billing", "technical", "other"]}, prompt) == label


def test_the_same_prompt_has_the_same_answer():
    schema = TypeAdapter(Whole).json_schema()
    assert instance(schema, "Rate this: a b c") == instance(schema, "Rate this: a b c")
    assert embedded_json('see [1, 2] and {"a": [1, 2, 3]}') == {"a": [1, 2, 3]}


def test_embeddings_of_alike_texts_point_alike(standin):
    body = {
        "model": "e",
        "input": ["vector search in databases", "search of vectors in databases", "parcels and trucks"],
    }
    rows = httpx.post(f"{standin.url}/v1/embeddings", json=body).json()["data"]
    first, second, third = (row["embedding"] for row in rows)
    dot = lambda a, b: sum(x * y for x, y in zip(a, b, strict=True))  # noqa: E731
    assert dot(first, second) > dot(first, third)
