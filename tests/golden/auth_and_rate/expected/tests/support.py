"""Starts the service in process, with everything outside of it replaced."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.main import create_app
from app.runtime.rate_limit import RateLimit
from app.settings import Secrets, Settings

SETTINGS = Settings(
    env=None,
    secrets=Secrets(
        api_keys=SecretStr("test-api-keys"),
        basic_password=SecretStr("test-basic-password"),
        basic_user=SecretStr("test-basic-user"),
        bearer_token=SecretStr("test-bearer-token"),
    ),
)


@contextmanager
def running() -> Iterator[TestClient]:
    """A client of the running service."""
    with patch.object(RateLimit, "take"), TestClient(create_app(SETTINGS)) as client:
        yield client
