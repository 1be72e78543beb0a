"""The workflow respond_background, called as its clients call it."""

from tests.fake_http import Answers
from tests.support import assert_answered, running

PATH = "/api/v1/respond_background/execute"
EXAMPLE = {"id": "id"}
ANSWERS: Answers = [("POST", "http://api.test/work/*", {})]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/respond_background/info").json()
        assert info["name"] == "respond_background"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/respond_background/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "id" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
