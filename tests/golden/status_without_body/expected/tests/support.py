"""Starts the service in process, with everything outside of it replaced."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi.testclient import TestClient

from app.main import create_app


@contextmanager
def running() -> Iterator[TestClient]:
    """A client of the running service."""
    with TestClient(create_app()) as client:
        yield client
