"""The workflow sql_embedded, called as its clients call it."""

from tests.support import assert_answered, running

PATH = "/api/v1/sql_embedded/execute"
EXAMPLE: dict[str, object] = {}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/sql_embedded/info").json()
        assert info["name"] == "sql_embedded"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/sql_embedded/execute"]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
