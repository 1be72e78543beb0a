"""The workflow llm_prompt_cache, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.llm_prompt_cache import LLM_PROMPT_CACHE
from tests.support import running

PATH = "/api/v1/llm_prompt_cache/execute"
EXAMPLE = {"document": "document", "question": "question"}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/llm_prompt_cache/info").json()
        assert info["name"] == "llm_prompt_cache"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/llm_prompt_cache/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"question": "question"})
        assert answer.status_code == 422
        assert "document" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(LLM_PROMPT_CACHE.output_type).validate_json(answer.content)
