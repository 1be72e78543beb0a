"""The workflow llm_stream, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.llm_stream import LLM_STREAM
from tests.support import running

PATH = "/stream"
EXAMPLE = {"topic": "topic"}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/llm_stream/info").json()
        assert info["name"] == "llm_stream"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/stream"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "topic" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(LLM_STREAM.output_type).validate_json(answer.content)


def test_it_streams() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE, headers={"Accept": "text/event-stream"})
        events = [line.removeprefix("event: ") for line in answer.text.splitlines() if line.startswith("event: ")]
        assert events[-1] == "done"
