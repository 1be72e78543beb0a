"""The workflow types, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.types import TYPES
from tests.support import running

PATH = "/api/v1/types/execute"

EXAMPLE: dict[str, object] = {
    "order": {
        "lines": [{"title": "title", "price": 1.5}],
        "due": "2030-01-31T12:00:00Z",
        "notes": {"key": "notes"},
        "kind": "small",
        "by": "by",
    },
    "extra": {},
}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/types/info").json()
        assert info["name"] == "types"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/types/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"extra": {}})
        assert answer.status_code == 422
        assert "order" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(TYPES.output_type).validate_json(answer.content)
