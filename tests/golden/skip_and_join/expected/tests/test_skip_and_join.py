"""The workflow skip_and_join, called as its clients call it."""

from tests.support import assert_answered, running

PATH = "/api/v1/skip_and_join/execute"
EXAMPLE = {"a": True, "b": True}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/skip_and_join/info").json()
        assert info["name"] == "skip_and_join"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/skip_and_join/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"b": True})
        assert answer.status_code == 422
        assert "a" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
