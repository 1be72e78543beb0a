"""The workflow parallel_stream, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.parallel_stream import PARALLEL_STREAM
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/parallel_stream/execute"
EXAMPLE: dict[str, object] = {}

ANSWERS: Answers = [("GET", "http://api.test/one", {"value": 1}), ("GET", "http://api.test/two", {"value": 1})]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/parallel_stream/info").json()
        assert info["name"] == "parallel_stream"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/parallel_stream/execute"]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(PARALLEL_STREAM.output_type).validate_json(answer.content)


def test_it_streams() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE, headers={"Accept": "text/event-stream"})
        events = [line.removeprefix("event: ") for line in answer.text.splitlines() if line.startswith("event: ")]
        assert events[-1] == "done"
