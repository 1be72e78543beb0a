"""The workflow store, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.store import STORE
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/store/execute"
EXAMPLE = {"name": "name"}
ANSWERS: Answers = [("POST", "http://api.test/people", {"id": 1})]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/store/info").json()
        assert info["name"] == "store"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/store/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "name" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(STORE.output_type).validate_json(answer.content)
