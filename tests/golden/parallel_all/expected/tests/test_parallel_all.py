"""The workflow parallel_all, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.parallel_all import PARALLEL_ALL
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/parallel_all/execute"
EXAMPLE: dict[str, object] = {}

ANSWERS: Answers = [("GET", "http://api.test/one", {"value": 1}), ("GET", "http://api.test/two", {"value": 1})]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/parallel_all/info").json()
        assert info["name"] == "parallel_all"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/parallel_all/execute"]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(PARALLEL_ALL.output_type).validate_json(answer.content)
