"""The workflow jmespath, called as its clients call it."""

from tests.support import assert_answered, running

PATH = "/api/v1/jmespath/execute"
EXAMPLE = {"stops": [{"town": "town", "minutes": 1, "note": "note"}]}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/jmespath/info").json()
        assert info["name"] == "jmespath"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/jmespath/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "stops" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
