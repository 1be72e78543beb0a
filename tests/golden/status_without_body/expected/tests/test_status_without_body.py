"""The workflow status_without_body, called as its clients call it."""

from tests.support import running

PATH = "/things/none"


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/status_without_body/info").json()
        assert info["name"] == "status_without_body"
        paths = client.get("/openapi.json").json()["paths"]
        assert "delete" in paths["/things/{id}"]
        assert "post" in paths["/things"]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.delete(PATH)
        assert answer.status_code == 204, answer.text
        assert answer.content == b""
