"""The workflow if_any, called as its clients call it."""

from tests.fake_http import Answers
from tests.support import assert_answered, running

PATH = "/api/v1/if_any/execute"
EXAMPLE = {"deep": True}
ANSWERS: Answers = [("GET", "http://api.test/details", {}), ("GET", "http://api.test/page", {})]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/if_any/info").json()
        assert info["name"] == "if_any"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/if_any/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "deep" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
