"""The workflow visual_all, called as its clients call it."""

from tests.fake_http import Answers
from tests.support import assert_answered, running

PATH = "/visual-all"

EXAMPLE = {"name": "name", "items": [1], "hits": [{"id": 1, "text": "text"}], "scores": {"text": 1.5, "age": 1.5}}

ANSWERS: Answers = [
    (
        "POST",
        "https://api.test/graphql/pages",
        {"data": {"people": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}},
    ),
    ("POST", "https://api.test/graphql/write", {"data": {}}),
    ("GET", "https://api.test/people/*", {}),
    ("POST", "https://api.test/graphql", {"data": {}}),
    ("GET", "https://api.test/stock", {}),
    ("POST", "https://api.test/hook", {}),
]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/visual_all/info").json()
        assert info["name"] == "visual_all"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/visual-all"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(
            PATH, json={"items": [1], "hits": [{"id": 1, "text": "text"}], "scores": {"text": 1.5, "age": 1.5}}
        )
        assert answer.status_code == 422
        assert "name" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)


def test_it_streams() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE, headers={"Accept": "text/event-stream"})
        assert_answered(answer)
        if answer.headers["content-type"].startswith("text/event-stream"):
            events = [line.removeprefix("event: ") for line in answer.text.splitlines() if line.startswith("event: ")]
            assert events[-1] in ["done", "error"]
