"""The workflow vars_env_secrets, called as its clients call it."""

from tests.fake_http import Answers
from tests.support import assert_answered, running

PATH = "/api/v1/vars_env_secrets/execute"
EXAMPLE: dict[str, object] = {}
ANSWERS: Answers = [("GET", "http://api-url.test/http://region.test", "text")]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/vars_env_secrets/info").json()
        assert info["name"] == "vars_env_secrets"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/vars_env_secrets/execute"]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
