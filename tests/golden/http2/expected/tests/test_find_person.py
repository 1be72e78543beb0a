"""The workflow find_person, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.find_person import FIND_PERSON
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/find_person/execute"
EXAMPLE = {"id": "id"}
ANSWERS: Answers = [("GET", "http://api.test/people/*", {"name": "name"})]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/find_person/info").json()
        assert info["name"] == "find_person"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/find_person/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "id" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(FIND_PERSON.output_type).validate_json(answer.content)
