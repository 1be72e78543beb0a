"""The workflow input_places, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.input_places import INPUT_PLACES
from tests.support import running

PATH = "/people/1"
HEADERS = {"x-tenant": "x tenant"}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/input_places/info").json()
        assert info["name"] == "input_places"
        paths = client.get("/openapi.json").json()["paths"]
        assert "get" in paths["/people/{id}"]
        assert "put" in paths["/people/{id}"]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.get(PATH, headers=HEADERS)
        assert answer.status_code == 200, answer.text
        TypeAdapter(INPUT_PLACES.output_type).validate_json(answer.content)
