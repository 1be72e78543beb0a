"""The workflow try_kinds, called as its clients call it."""

from tests.fake_http import Answers
from tests.support import assert_answered, running

PATH = "/api/v1/try_kinds/execute"
EXAMPLE: dict[str, object] = {}
ANSWERS: Answers = [("GET", "http://api.test/text", "text")]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/try_kinds/info").json()
        assert info["name"] == "try_kinds"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/try_kinds/execute"]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
