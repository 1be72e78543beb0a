"""The workflow concurrency, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.concurrency import CONCURRENCY
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/concurrency/execute"
EXAMPLE: dict[str, object] = {}

ANSWERS: Answers = [
    ("GET", "http://api.test/right", {"value": 1}),
    ("POST", "http://api.test/saved", {}),
    ("GET", "http://api.test/left", {"value": 1}),
    ("POST", "http://api.test/told", {}),
]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/concurrency/info").json()
        assert info["name"] == "concurrency"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/concurrency/execute"]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(CONCURRENCY.output_type).validate_json(answer.content)
