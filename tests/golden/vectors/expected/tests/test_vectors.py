"""The workflow vectors, called as its clients call it."""

from tests.support import assert_answered, running

PATH = "/api/v1/vectors/execute"
EXAMPLE = {"near": [1.5], "drop": ["drop"], "title": "title"}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/vectors/info").json()
        assert info["name"] == "vectors"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/vectors/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"drop": ["drop"], "title": "title"})
        assert answer.status_code == 422
        assert "near" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
