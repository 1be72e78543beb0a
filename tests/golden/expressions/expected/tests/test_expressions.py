"""The workflow expressions, called as its clients call it."""

from tests.support import assert_answered, running

PATH = "/api/v1/expressions/execute"

EXAMPLE: dict[str, object] = {"query": "query", "items": [{"title": "title", "price": 1.5}], "user": {}}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/expressions/info").json()
        assert info["name"] == "expressions"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/expressions/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"items": [{"title": "title", "price": 1.5}], "user": {}})
        assert answer.status_code == 422
        assert "query" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
