"""The workflow retry, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.retry import RETRY
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/retry/execute"
EXAMPLE: dict[str, object] = {}

ANSWERS: Answers = [("POST", "http://api.test/write", "text"), ("GET", "http://api.test/read", "text")]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/retry/info").json()
        assert info["name"] == "retry"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/retry/execute"]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(RETRY.output_type).validate_json(answer.content)
