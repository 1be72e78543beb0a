"""The workflow loop_until, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.loop_until import LOOP_UNTIL
from tests.support import running

PATH = "/api/v1/loop_until/execute"
EXAMPLE: dict[str, object] = {}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/loop_until/info").json()
        assert info["name"] == "loop_until"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/loop_until/execute"]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(LOOP_UNTIL.output_type).validate_json(answer.content)
