"""The workflow cache, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.cache import CACHE
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/cache/execute"
EXAMPLE = {"city": "city"}
ANSWERS: Answers = [("GET", "http://api.test/weather", "text")]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/cache/info").json()
        assert info["name"] == "cache"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/cache/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "city" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(CACHE.output_type).validate_json(answer.content)
