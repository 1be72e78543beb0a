"""The workflow map_inline, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.map_inline import MAP_INLINE
from tests.support import running

PATH = "/api/v1/map_inline/execute"
EXAMPLE = {"items": [{"title": "title", "price": 1.5}]}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/map_inline/info").json()
        assert info["name"] == "map_inline"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/map_inline/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "items" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(MAP_INLINE.output_type).validate_json(answer.content)
