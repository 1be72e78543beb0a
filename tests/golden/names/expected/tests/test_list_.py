"""The workflow list, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.list_ import LIST
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/list/execute"
EXAMPLE = {"id": "id", "type": 1, "ctx": "ctx", "input": "input", "klass": "klass", "self": "self"}
ANSWERS: Answers = [("GET", "http://api.test/a", "text"), ("GET", "http://api.test/b", "text")]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/list/info").json()
        assert info["name"] == "list"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/list/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"type": 1, "ctx": "ctx", "input": "input", "klass": "klass", "self": "self"})
        assert answer.status_code == 422
        assert "id" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(LIST.output_type).validate_json(answer.content)
