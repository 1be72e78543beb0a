"""The workflow llm_messages, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.llm_messages import LLM_MESSAGES
from tests.support import running

PATH = "/api/v1/llm_messages/execute"
EXAMPLE = {"history": [{"role": "user", "content": "content"}], "question": "question"}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/llm_messages/info").json()
        assert info["name"] == "llm_messages"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/llm_messages/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"question": "question"})
        assert answer.status_code == 422
        assert "history" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(LLM_MESSAGES.output_type).validate_json(answer.content)
