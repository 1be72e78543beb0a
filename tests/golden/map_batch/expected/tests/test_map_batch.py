"""The workflow map_batch, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.map_batch import MAP_BATCH
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/map_batch/execute"
EXAMPLE = {"ids": [1]}
ANSWERS: Answers = [("POST", "http://api.test/send/*", "text")]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/map_batch/info").json()
        assert info["name"] == "map_batch"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/map_batch/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "ids" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(MAP_BATCH.output_type).validate_json(answer.content)
