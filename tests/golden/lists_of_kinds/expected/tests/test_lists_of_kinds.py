"""The workflow lists_of_kinds, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.lists_of_kinds import LISTS_OF_KINDS
from tests.support import running

PATH = "/api/v1/lists_of_kinds/execute"
EXAMPLE = {"b": True, "xs": [1], "ss": ["ss"]}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/lists_of_kinds/info").json()
        assert info["name"] == "lists_of_kinds"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/lists_of_kinds/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"xs": [1], "ss": ["ss"]})
        assert answer.status_code == 422
        assert "b" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(LISTS_OF_KINDS.output_type).validate_json(answer.content)
