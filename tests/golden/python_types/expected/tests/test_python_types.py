"""The workflow python_types, called as its clients call it."""

from tests.support import assert_answered, running

PATH = "/api/v1/python_types/execute"
EXAMPLE: dict[str, object] = {"tickets": [{"id": 1, "kind": "bug"}], "level": "low", "note": {}}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/python_types/info").json()
        assert info["name"] == "python_types"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/python_types/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"level": "low", "note": {}})
        assert answer.status_code == 422
        assert "tickets" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
