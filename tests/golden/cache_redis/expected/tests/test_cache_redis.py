"""The workflow cache_redis, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.cache_redis import CACHE_REDIS
from tests.fake_http import Answers
from tests.support import running

PATH = "/api/v1/cache-redis/execute"
EXAMPLE = {"city": "city"}

ANSWERS: Answers = [
    ("GET", "http://api.test/weather", {"city": "city", "degrees": None}),
    ("GET", "http://api.test/place", "text"),
]


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/cache_redis/info").json()
        assert info["name"] == "cache_redis"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/cache-redis/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(PATH, json={})
        assert answer.status_code == 422
        assert "city" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running(ANSWERS) as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert answer.status_code == 200, answer.text
        TypeAdapter(CACHE_REDIS.output_type).validate_json(answer.content)
