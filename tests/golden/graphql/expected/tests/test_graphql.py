"""The workflow graphql, called as its clients call it."""

from tests.fake_http import Answers
from tests.support import assert_answered, running

PATH = "/api/v1/graphql/execute"
EXAMPLE = {"id": 1}

ANSWERS: Answers = [
    ("POST", "http://api.test/graphql", {"data": {"person": None}}),
    ("POST", "http://api.test/partial", {"data": {}}),
    (
        "POST",
        "http://api.test/pages",
        {"data": {"list": {"nodes": [{"id": 1}], "info": {"hasNextPage": False, "endCursor": None}}}},
    ),
    ("POST", "http://api.test/write", {"data": {}}),
]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/graphql/info").json()
        assert info["name"] == "graphql"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/graphql/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "id" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
