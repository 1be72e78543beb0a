"""The workflow schedule, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.schedule import SCHEDULE
from tests.support import running

PATH = "/now"
EXAMPLE = {"kind": "kind"}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/schedule/info").json()
        assert info["name"] == "schedule"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/now"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "kind" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(SCHEDULE.output_type).validate_json(answer.content)
