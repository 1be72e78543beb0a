"""The workflow either_of_two, called as its clients call it."""

from tests.fake_http import Answers
from tests.support import assert_answered, running

PATH = "/api/v1/either_of_two/execute"

EXAMPLE = {
    "ours": True,
    "words": ["words"],
    "counts": [1],
    "grid": [[1]],
    "guests": [{"name": "name", "nick": "nick"}],
    "hosts": [{"name": "name", "rooms": 1}],
}

ANSWERS: Answers = [("GET", "https://names.test/all", ["fetched"])]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/either_of_two/info").json()
        assert info["name"] == "either_of_two"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/either_of_two/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(
            PATH,
            json={
                "words": ["words"],
                "counts": [1],
                "grid": [[1]],
                "guests": [{"name": "name", "nick": "nick"}],
                "hosts": [{"name": "name", "rooms": 1}],
            },
        )
        assert answer.status_code == 422
        assert "ours" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
