"""The workflow auth_and_rate, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.auth_and_rate import AUTH_AND_RATE
from tests.support import running

PATH = "/keyed"
EXAMPLE: dict[str, object] = {}
HEADERS = {"X-Key": "test-api-keys"}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/auth_and_rate/info").json()
        assert info["name"] == "auth_and_rate"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/keyed"]
        assert "post" in paths["/signed"]
        assert "post" in paths["/basic"]


def test_callers_must_sign_in() -> None:
    with running() as client:
        assert client.post(PATH, json=EXAMPLE).status_code == 401


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE, headers=HEADERS)
        assert answer.status_code == 200, answer.text
        TypeAdapter(AUTH_AND_RATE.output_type).validate_json(answer.content)
