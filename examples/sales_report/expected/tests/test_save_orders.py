"""The workflow save_orders, called as its clients call it."""

from tests.support import assert_answered, running

PATH = "/api/v1/orders"

EXAMPLE = {
    "orders": [{"number": 1, "ordered_on": "2030-01-31", "region": "region", "customer": "customer", "amount": 1.5}]
}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/save_orders/info").json()
        assert info["name"] == "save_orders"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/orders"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "orders" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
