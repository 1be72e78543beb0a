"""Starts the service in process, with everything outside of it replaced."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.main import create_app
from app.runtime.http import HTTP
from app.runtime.pools import ConnectionPools
from app.settings import Env, Secrets, Settings
from tests.fake_http import Answers, FakeHttp

SETTINGS = Settings(
    env=Env(api="http://api.test"),
    secrets=Secrets(password=SecretStr("test-password"), token=SecretStr("test-token"), user=SecretStr("test-user")),
)


@contextmanager
def running(answers: Answers = ()) -> Iterator[TestClient]:
    """A client of the running service; whatever it calls answers from `answers`."""
    pools = ConnectionPools({HTTP: FakeHttp(answers)})
    with TestClient(create_app(SETTINGS, pools=pools)) as client:
        yield client
