"""The workflow loop_paging, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.loop_paging import LOOP_PAGING
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/loop_paging/execute"
EXAMPLE: dict[str, object] = {}
ANSWERS: Answers = [("GET", "http://api.test/items", {"items": ["items"], "next": None})]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/loop_paging/info").json()
        assert info["name"] == "loop_paging"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/loop_paging/execute"]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(LOOP_PAGING.output_type).validate_json(answer.content)
