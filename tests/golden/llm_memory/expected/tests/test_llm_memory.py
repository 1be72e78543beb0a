"""The workflow llm_memory, called as its clients call it."""

from tests.support import assert_answered, running

PATH = "/api/v1/llm_memory/execute"
EXAMPLE = {"question": "question"}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/llm_memory/info").json()
        assert info["name"] == "llm_memory"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/llm_memory/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "question" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
