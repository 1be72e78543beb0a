"""The workflow fallback_of_type, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.fallback_of_type import FALLBACK_OF_TYPE
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/fallback_of_type/execute"
EXAMPLE: dict[str, object] = {}

ANSWERS: Answers = [
    ("GET", "http://api-url.test/second", {"decision": "pay", "score": 1.5}),
    ("GET", "http://api-url.test/first", {"decision": "pay", "score": 1.5}),
]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/fallback_of_type/info").json()
        assert info["name"] == "fallback_of_type"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/fallback_of_type/execute"]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(FALLBACK_OF_TYPE.output_type).validate_json(answer.content)
