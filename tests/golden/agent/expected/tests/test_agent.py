"""The workflow agent, called as its clients call it."""

from tests.fake_http import Answers
from tests.support import assert_answered, running

PATH = "/api/v1/agent/execute"
EXAMPLE = {"question": "question", "customer": "customer"}
ANSWERS: Answers = [("GET", "https://carrier.test/*/*", {"place": "place"})]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/agent/info").json()
        assert info["name"] == "agent"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/agent/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"customer": "customer"})
        assert answer.status_code == 422
        assert "question" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
