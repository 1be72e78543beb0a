"""The workflow switch, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.switch import SWITCH
from tests.support import running

PATH = "/api/v1/switch/execute"
EXAMPLE = {"temperature": 1.5}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/switch/info").json()
        assert info["name"] == "switch"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/switch/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "temperature" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(SWITCH.output_type).validate_json(answer.content)
