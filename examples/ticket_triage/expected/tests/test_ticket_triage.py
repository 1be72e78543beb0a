"""The workflow ticket_triage, called as its clients call it."""

from tests.fake_http import Answers
from tests.support import assert_answered, running

PATH = "/api/v1/tickets"
EXAMPLE = {"subject": "subject", "message": "message", "email": "name@example.com"}
ANSWERS: Answers = [("POST", "http://api-url.test/tickets", {"number": 1, "desk": "desk"})]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/ticket_triage/info").json()
        assert info["name"] == "ticket_triage"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/tickets"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"message": "message", "email": "name@example.com"})
        assert answer.status_code == 422
        assert "subject" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
