"""The workflow woven, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.woven import WOVEN
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/woven/execute"
EXAMPLE: dict[str, object] = {}

ANSWERS: Answers = [
    ("GET", "http://api.test/a", "text"),
    ("GET", "http://api.test/b", "text"),
    ("GET", "http://api.test/c", "text"),
    ("GET", "http://api.test/d", "text"),
]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/woven/info").json()
        assert info["name"] == "woven"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/woven/execute"]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(WOVEN.output_type).validate_json(answer.content)
