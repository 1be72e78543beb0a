"""Starts the service in process, with everything outside of it replaced."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi.testclient import TestClient
from httpx2 import Response

from app.main import create_app


@contextmanager
def running() -> Iterator[TestClient]:
    """A client of the running service."""
    with TestClient(create_app()) as client:
        yield client


def assert_answered(answer: Response) -> None:
    """The workflow answered, or failed in a way that it knows: with a problem document."""
    if answer.headers.get("content-type") == "application/problem+json":
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert "node" in problem or problem["type"] != "urn:problem:internal", problem
