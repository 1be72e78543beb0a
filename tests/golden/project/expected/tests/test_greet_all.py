"""The workflow greet_all, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.greet_all import GREET_ALL
from tests.support import running

PATH = "/api/v1/greet_all/execute"
EXAMPLE = {"names": ["names"]}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/greet_all/info").json()
        assert info["name"] == "greet_all"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/greet_all/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "names" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(GREET_ALL.output_type).validate_json(answer.content)
