"""The workflow prepare_account, called as its clients call it."""

from tests.fake_http import Answers
from tests.support import assert_answered, running

PATH = "/api/v1/prepare_account/execute"
EXAMPLE = {"name": "name", "email": "email"}
ANSWERS: Answers = [("GET", "http://api-url.test/customers/*", {"name": "name", "trusted": False})]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/prepare_account/info").json()
        assert info["name"] == "prepare_account"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/prepare_account/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"email": "email"})
        assert answer.status_code == 422
        assert "name" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
