"""The workflow greet, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.greet import GREET
from tests.support import running

PATH = "/api/v1/greet/execute"
EXAMPLE = {"name": "name"}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/greet/info").json()
        assert info["name"] == "greet"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/greet/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "name" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(GREET.output_type).validate_json(answer.content)
