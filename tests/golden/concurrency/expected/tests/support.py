"""Starts the service in process, with everything outside of it replaced."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from fastapi.testclient import TestClient

from app.main import create_app
from app.runtime.http import HTTP
from app.runtime.pools import ConnectionPools
from app.settings import Env, Settings
from tests.fake_http import Answers, FakeHttp

SETTINGS = Settings(env=Env(api="http://api.test"), secrets=None)
_sleep = asyncio.sleep


async def _quick_sleep(delay: float, result: object = None) -> object:
    """Pauses of the workflows take no time here."""
    return await _sleep(min(delay, 0.001), result)


@contextmanager
def running(answers: Answers = ()) -> Iterator[TestClient]:
    """A client of the running service; whatever it calls answers from `answers`."""
    pools = ConnectionPools({HTTP: FakeHttp(answers)})
    with patch("asyncio.sleep", _quick_sleep), TestClient(create_app(SETTINGS, pools=pools)) as client:
        yield client
