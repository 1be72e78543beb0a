"""The workflow search_by_meaning, called as its clients call it."""

from tests.support import assert_answered, running

PATH = "/api/v1/search_by_meaning/execute"
EXAMPLE = {"query": "query", "notes": ["notes"]}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/search_by_meaning/info").json()
        assert info["name"] == "search_by_meaning"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/search_by_meaning/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"notes": ["notes"]})
        assert answer.status_code == 422
        assert "query" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
