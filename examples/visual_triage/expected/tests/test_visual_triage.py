"""The workflow visual_triage, called as its clients call it."""

from tests.fake_http import Answers
from tests.support import assert_answered, running

PATH = "/api/v1/triage"
EXAMPLE = {"message": "message", "customer_id": "customer id"}
ANSWERS: Answers = [("GET", "https://desk.example.com/customers/*", {})]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/visual_triage/info").json()
        assert info["name"] == "visual_triage"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/triage"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"customer_id": "customer id"})
        assert answer.status_code == 422
        assert "message" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)


def test_it_streams() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE, headers={"Accept": "text/event-stream"})
        assert_answered(answer)
        if answer.headers["content-type"].startswith("text/event-stream"):
            events = [line.removeprefix("event: ") for line in answer.text.splitlines() if line.startswith("event: ")]
            assert events[-1] in ["done", "error"]
