"""The workflow http_typed, called as its clients call it."""

from tests.fake_http import Answers
from tests.support import assert_answered, running

PATH = "/api/v1/http_typed/execute"
EXAMPLE: dict[str, object] = {}

ANSWERS: Answers = [("GET", "http://api.test/people", [{"name": "name", "address": {"city": "city", "zip": None}}])]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/http_typed/info").json()
        assert info["name"] == "http_typed"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/http_typed/execute"]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
