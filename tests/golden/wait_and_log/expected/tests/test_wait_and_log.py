"""The workflow wait_and_log, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.wait_and_log import WAIT_AND_LOG
from tests.support import running

PATH = "/api/v1/wait_and_log/execute"
EXAMPLE: dict[str, object] = {}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/wait_and_log/info").json()
        assert info["name"] == "wait_and_log"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/wait_and_log/execute"]


def test_wrong_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"pause": 1})
        assert answer.status_code == 422
        assert "pause" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(WAIT_AND_LOG.output_type).validate_json(answer.content)
