"""The workflow needs, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.needs import NEEDS
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/needs/execute"
EXAMPLE: dict[str, object] = {}
ANSWERS: Answers = [("POST", "http://api.test/second", {}), ("POST", "http://api.test/first", {})]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/needs/info").json()
        assert info["name"] == "needs"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/needs/execute"]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(NEEDS.output_type).validate_json(answer.content)
