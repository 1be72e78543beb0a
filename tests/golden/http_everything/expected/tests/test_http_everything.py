"""The workflow http_everything, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.http_everything import HTTP_EVERYTHING
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/http_everything/execute"
EXAMPLE = {"id": "id"}

ANSWERS: Answers = [
    ("PUT", "http://api.test/items/*", {}),
    ("POST", "http://api.test/form", "text"),
    ("PATCH", "http://api.test/raw", b"bytes"),
]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/http_everything/info").json()
        assert info["name"] == "http_everything"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/http_everything/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "id" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(HTTP_EVERYTHING.output_type).validate_json(answer.content)
