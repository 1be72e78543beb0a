"""The workflow nested_limits, called as its clients call it."""

from tests.fake_http import Answers
from tests.support import assert_answered, running

PATH = "/api/v1/nested_limits/execute"
EXAMPLE = {"lines": [{"sku": "EUR"}]}
ANSWERS: Answers = [("GET", "http://api-url.test/answer", {"score": 1.5, "note": "note"})]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/nested_limits/info").json()
        assert info["name"] == "nested_limits"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/nested_limits/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "lines" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
