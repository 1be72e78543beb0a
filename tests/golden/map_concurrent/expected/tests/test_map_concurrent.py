"""The workflow map_concurrent, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.map_concurrent import MAP_CONCURRENT
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/map_concurrent/execute"
EXAMPLE = {"ids": [1]}
ANSWERS: Answers = [("GET", "http://api.test/people/*", {"name": "name"})]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/map_concurrent/info").json()
        assert info["name"] == "map_concurrent"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/map_concurrent/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "ids" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(MAP_CONCURRENT.output_type).validate_json(answer.content)
