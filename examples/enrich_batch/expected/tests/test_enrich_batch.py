"""The workflow enrich_batch, called as its clients call it."""

from tests.fake_http import Answers
from tests.support import assert_answered, running

PATH = "/api/v1/enrich_batch/execute"
EXAMPLE = {"contacts": [{"email": "email", "name": "name"}]}

ANSWERS: Answers = [
    (
        "GET",
        "http://api-url.test/companies/*",
        {"domain": "domain", "name": "name", "employees": 1, "country": "country"},
    )
]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/enrich_batch/info").json()
        assert info["name"] == "enrich_batch"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/enrich_batch/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "contacts" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
