"""The workflow visual, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.visual import VISUAL
from tests.support import running

PATH = "/visual"
EXAMPLE = {"name": "name", "vip": True}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/visual/info").json()
        assert info["name"] == "visual"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/visual"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"vip": True})
        assert answer.status_code == 422
        assert "name" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(VISUAL.output_type).validate_json(answer.content)
