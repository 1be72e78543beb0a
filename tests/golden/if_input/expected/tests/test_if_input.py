"""The workflow if_input, called as its clients call it."""

from tests.fake_http import Answers
from tests.support import assert_answered, running

PATH = "/api/v1/if_input/execute"
EXAMPLE: dict[str, object] = {}
ANSWERS: Answers = [("GET", "http://api.test/people/*", {})]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/if_input/info").json()
        assert info["name"] == "if_input"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/if_input/execute"]


def test_unknown_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"unexpected": 1})
        assert answer.status_code == 422
        assert "unexpected" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
