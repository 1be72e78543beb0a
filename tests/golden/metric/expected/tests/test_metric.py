"""The workflow metric, called as its clients call it."""

from tests.support import assert_answered, running

PATH = "/api/v1/metric/execute"
EXAMPLE = {"country": "country", "total": 1.5, "open": 1}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/metric/info").json()
        assert info["name"] == "metric"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/metric/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={"total": 1.5, "open": 1})
        assert answer.status_code == 422
        assert "country" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
