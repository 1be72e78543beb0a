"""Starts the service in process, with everything outside of it replaced."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from fastapi.testclient import TestClient

from app.main import create_app

_sleep = asyncio.sleep


async def _quick_sleep(delay: float, result: object = None) -> object:
    """Pauses of the workflows take no time here."""
    return await _sleep(min(delay, 0.001), result)


@contextmanager
def running() -> Iterator[TestClient]:
    """A client of the running service."""
    with patch("asyncio.sleep", _quick_sleep), TestClient(create_app()) as client:
        yield client
