"""The workflow call, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.call import CALL
from tests.support import running

PATH = "/api/v1/call/execute"
EXAMPLE = {"names": ["names"]}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/call/info").json()
        assert info["name"] == "call"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/call/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "names" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(CALL.output_type).validate_json(answer.content)
