"""The workflow index, called as its clients call it."""

from tests.support import assert_answered, running

PATH = "/api/v1/documents"
EXAMPLE = {"documents": [{"id": "id", "title": "title", "audience": "everyone", "text": "text"}]}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/index/info").json()
        assert info["name"] == "index"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/documents"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "documents" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
