"""The workflow digest, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.digest import DIGEST
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/digest"
EXAMPLE: dict[str, object] = {}

ANSWERS: Answers = [
    (
        "GET",
        "http://api-url.test/items",
        {
            "items": [{"id": 1, "kind": "kind", "title": "title", "minutes": 1, "price": 1.5}],
            "page": 1,
            "pages": 1,
            "next": None,
        },
    )
]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/digest/info").json()
        assert info["name"] == "digest"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/digest"]


def test_wrong_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"kind": 1})
        assert answer.status_code == 422
        assert "kind" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(DIGEST.output_type).validate_json(answer.content)
