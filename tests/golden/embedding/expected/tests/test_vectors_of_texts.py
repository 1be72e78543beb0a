"""The workflow vectors_of_texts, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.vectors_of_texts import VECTORS_OF_TEXTS
from tests.support import running

PATH = "/api/v1/vectors_of_texts/execute"


EXAMPLE: dict[str, object] = {"question": "question", "notes": ["notes"], "more": {}}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/vectors_of_texts/info").json()
        assert info["name"] == "vectors_of_texts"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/vectors_of_texts/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"notes": ["notes"], "more": {}})
        assert answer.status_code == 422
        assert "question" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(VECTORS_OF_TEXTS.output_type).validate_json(answer.content)
