"""Starts the server: `python -m app [--host H] [--port P] [--workers N]`.

uvicorn with uvloop and httptools, logs as JSON lines, no access log. At a stop (SIGTERM, Ctrl+C) running requests
finish, new ones get 503 until then, and then the app closes its pools. With several workers each of them stops so.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from gc import freeze, set_threshold
from signal import SIGTERM, signal
from socket import fromfd, socket
from time import monotonic
from types import FrameType

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.supervisors import multiprocess

from . import logs
from .errors import CannotStart
from .host import STOPPING
from .http_connection import connection_class
from .short_way import in_front_of

_COLLECT = (20_000, 20, 50)  # objects, rounds, rounds
_DOORS = 16  # new connections that are taken in one round of the loop
_GRACE = 30  # seconds that running requests have to finish at a stop
_LAST_MOMENT = 1  # seconds to send what is left, once their time is over
_LOOK_AGAIN = 0.5  # seconds to wait for a worker's word before looking whether it has ended
_UNTIL_DEAD = 60  # seconds until a worker that says nothing is replaced: on a busy machine it takes some to start


class GracefulServer(uvicorn.Server):
    """uvicorn's server, which keeps its door open during a stop to tell new requests that it is closing."""

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start, and leave what is there by then to itself: it stays until the end.

        The collector looks for cycles after every 700 new objects and finds none, since a request leaves none behind.
        Less often costs a few megabytes and saves a tenth of the time of a small request.
        """
        await super().startup(sockets)
        self._take_the_short_way()
        if sys.platform != "win32":
            await self._open_more_doors()
        freeze()
        set_threshold(*_COLLECT)

    def _take_the_short_way(self) -> None:
        """Let the app's workflows be asked before the app itself; connections that come from now on do so."""
        app = self.config.loaded_app
        if isinstance(app, ProxyHeadersMiddleware):
            app.app = in_front_of(app.app)
        else:
            self.config.loaded_app = in_front_of(app)

    async def _open_more_doors(self) -> None:
        """Listen several times at the same sockets.

        uvloop takes one new connection from a listener in each round of its loop. When a thousand come at once and
        those that are in keep it busy, a round is long and the last ones would stand outside for many seconds.
        """
        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.Protocol:
            kind: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
            return kind(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

        for listener in [listener for server in self.servers for listener in server.sockets]:
            for _ in range(_DOORS - 1):
                twin = fromfd(listener.fileno(), listener.family, listener.type)
                self.servers.append(await loop.create_server(protocol, sock=twin, backlog=self.config.backlog))

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Let running requests finish and answer new ones with 503; then stop. WebSockets are told to go at once."""
        self.lifespan.state[STOPPING] = True
        for connection in list(self.server_state.connections):
            if not isinstance(connection, self.config.http_protocol_class):
                connection.shutdown()
        deadline = monotonic() + _GRACE
        while self.server_state.tasks and not self.force_exit and monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await super().shutdown(sockets)


class GracefulWorker(multiprocess.Process):
    """A worker process that stops as gracefully as a single server does."""

    def target(self, sockets: list[socket] | None = None) -> None:
        """Serve, in the process of the worker."""
        self._server = GracefulServer(self.config)
        super().target(sockets)

    def is_alive(self, timeout: float = 5) -> bool:
        """Whether the worker answers; one that ends while it is asked does not keep the others waiting."""
        deadline = monotonic() + timeout
        with suppress(OSError, EOFError):
            self.parent_conn.send(b"ping")
            # Its end of the pipe is open in this process as well, so the pipe does not tell that it has ended.
            while self.process.is_alive() and monotonic() < deadline:
                if self.parent_conn.poll(_LOOK_AGAIN):
                    self.parent_conn.recv()
                    return True
        return False


class Supervisor(multiprocess.Multiprocess):
    """Keeps the worker processes alive, and knows whether one could not even start."""

    failed = False

    def join_all(self) -> None:
        """Wait for all workers to end."""
        super().join_all()
        self.failed = any(process.exitcode == STARTUP_FAILURE for process in self.processes)


def main(app: str, settings: Callable[[], object] | None = None, arguments: Sequence[str] | None = None) -> None:
    """Serve the app at the import path `app`, such as `app.main:app`. Exits 1 when settings are missing.

    `settings` reads the settings (`Settings.from_env`), so that what is missing is said before any worker starts.
    """
    options = _parse(arguments)
    try:
        if settings is not None:
            settings()
    except CannotStart as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    os.environ["LOG_LEVEL"] = options.log_level  # for the worker processes, which set up their own logs
    logs.configure(options.log_level)
    config = uvicorn.Config(
        app,
        host=options.host,
        port=options.port,
        workers=options.workers,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http=connection_class(),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_LAST_MOMENT,
        timeout_worker_healthcheck=_UNTIL_DEAD,
    )
    if not (_serve_with_workers(config) if options.workers > 1 else _serve(config)):
        sys.exit(1)


def _serve(config: uvicorn.Config) -> bool:
    """Serve in this process until a stop; whether it could start at all."""
    # Once it has stopped, uvicorn sends itself the signal again: a stop that was asked for is no failure.
    signal(SIGTERM, _end)
    server = GracefulServer(config)
    with suppress(KeyboardInterrupt):
        server.run()
    return server.started


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


def _serve_with_workers(config: uvicorn.Config) -> bool:
    """Serve in several processes until a stop; whether they could start at all."""
    # The supervisor makes its workers, and those that replace dead ones, from the class of this name.
    multiprocess.Process = GracefulWorker  # type: ignore[misc]
    supervisor = Supervisor(config, sockets=[config.bind_socket()])
    supervisor.run()
    return not supervisor.failed


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app", description="Serve the workflows of this project.")
    parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"), help="address to listen on")
    parser.add_argument("--port", type=int, default=os.environ.get("PORT", "8000"), help="port to listen on")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    levels = ("debug", "info", "warning", "error")
    parser.add_argument("--log-level", choices=levels, default=os.environ.get("LOG_LEVEL", "info").lower())
    return parser.parse_args(arguments)
