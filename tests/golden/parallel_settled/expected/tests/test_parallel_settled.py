"""The workflow parallel_settled, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.parallel_settled import PARALLEL_SETTLED
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/parallel_settled/execute"
EXAMPLE: dict[str, object] = {}

ANSWERS: Answers = [("GET", "http://api.test/one", {"value": 1}), ("GET", "http://api.test/two", {"value": 1})]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/parallel_settled/info").json()
        assert info["name"] == "parallel_settled"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/parallel_settled/execute"]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(PARALLEL_SETTLED.output_type).validate_json(answer.content)
