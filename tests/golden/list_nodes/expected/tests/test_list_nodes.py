"""The workflow list_nodes, called as its clients call it."""

from tests.support import assert_answered, running

PATH = "/api/v1/list_nodes/execute"

EXAMPLE = {
    "orders": [{"id": 1, "customer_id": 1, "price": 1.5}],
    "customers": [{"id": 1, "name": "name", "place": {"city": "city", "zip": "zip"}}],
}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/list_nodes/info").json()
        assert info["name"] == "list_nodes"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/list_nodes/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(
            PATH, json={"customers": [{"id": 1, "name": "name", "place": {"city": "city", "zip": "zip"}}]}
        )
        assert answer.status_code == 422
        assert "orders" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
