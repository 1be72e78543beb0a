"""The workflow on_error_goto, called as its clients call it."""

from tests.fake_http import Answers
from tests.support import assert_answered, running

PATH = "/api/v1/on_error_goto/execute"
EXAMPLE: dict[str, object] = {}

ANSWERS: Answers = [("GET", "http://api.test/fast", "text"), ("GET", "http://api.test/slow", "text")]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/on_error_goto/info").json()
        assert info["name"] == "on_error_goto"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/on_error_goto/execute"]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
