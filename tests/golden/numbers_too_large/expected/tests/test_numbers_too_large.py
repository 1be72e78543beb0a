"""The workflow numbers_too_large, called as its clients call it."""

from tests.fake_http import Answers
from tests.support import assert_answered, running

PATH = "/api/v1/numbers_too_large/execute"
EXAMPLE = {"a": 1.5, "b": 1.5, "how": "how", "when": "2030-01-31T12:00:00Z"}
ANSWERS: Answers = [("POST", "http://api.test/numbers", {})]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/numbers_too_large/info").json()
        assert info["name"] == "numbers_too_large"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/numbers_too_large/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"b": 1.5, "how": "how", "when": "2030-01-31T12:00:00Z"})
        assert answer.status_code == 422
        assert "a" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
