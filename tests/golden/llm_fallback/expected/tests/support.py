"""Starts the service in process, with everything outside of it replaced."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.main import create_app
from app.runtime.httpx_client import open_httpx
from app.runtime.llm import LLM, LlmPool
from app.runtime.pools import ConnectionPools
from app.settings import Env, Secrets, Settings
from tests.fake_llm import fake_llm

SETTINGS = Settings(
    env=Env(local_url="http://local-url.test"),
    secrets=Secrets(anthropic_api_key=SecretStr("test-anthropic-api-key"), local_key=SecretStr("test-local-key")),
)


@contextmanager
def running() -> Iterator[TestClient]:
    """A client of the running service; its models are fakes."""
    pools = ConnectionPools({LLM: LlmPool(open_httpx(fake_llm()))})
    with TestClient(create_app(SETTINGS, pools=pools)) as client:
        yield client
