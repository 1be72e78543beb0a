"""The service as a whole: whether it is up, and what it says of its workflows."""

from tests.support import running


def test_service_is_up_and_ready() -> None:
    with running() as client:
        assert client.get("/health").status_code == 200
        assert client.get("/ready").status_code == 200


def test_every_workflow_tells_about_itself() -> None:
    with running() as client:
        for name in ["either_of_two"]:
            assert client.get(f"/api/v1/{name}/info").json()["name"] == name
