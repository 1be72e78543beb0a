"""The workflow sales_report, called as its clients call it."""

from tests.support import assert_answered, running

PATH = "/api/v1/report"
QUERY = {"since": "2030-01-31", "until": "2030-01-31"}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/sales_report/info").json()
        assert info["name"] == "sales_report"
        paths = client.get("/openapi.json").json()["paths"]
        assert "get" in paths["/api/v1/report"]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.get(PATH, params=QUERY)
        assert_answered(answer)
