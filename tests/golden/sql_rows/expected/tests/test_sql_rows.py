"""The workflow sql_rows, called as its clients call it."""

from tests.support import assert_answered, running

PATH = "/api/v1/sql_rows/execute"
EXAMPLE: dict[str, object] = {"word": "word", "filter": {}}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/sql_rows/info").json()
        assert info["name"] == "sql_rows"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/sql_rows/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"filter": {}})
        assert answer.status_code == 422
        assert "word" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
