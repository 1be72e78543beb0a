"""The workflow loop_widening, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.loop_widening import LOOP_WIDENING
from tests.support import running

PATH = "/api/v1/loop_widening/execute"
EXAMPLE: dict[str, object] = {}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/loop_widening/info").json()
        assert info["name"] == "loop_widening"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/loop_widening/execute"]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(LOOP_WIDENING.output_type).validate_json(answer.content)
