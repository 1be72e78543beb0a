"""Workflows and a running server for the tests of the service."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import httpx2
import uvicorn
from fastapi import FastAPI
from pydantic import ConfigDict, Field, SecretStr, with_config
from typing_extensions import TypedDict

from templates.runtime.http_connection import connection_class
from templates.runtime.pools import ConnectionPools
from templates.runtime.server import GracefulServer
from templates.runtime.service import NO_TELEMETRY, Service
from templates.runtime.workflow import HttpTrigger, Workflow

STRICT = ConfigDict(extra="forbid", strict=True)


@with_config(STRICT)
class Asked(TypedDict):
    query: Annotated[str, Field(min_length=2)]
    limit: Annotated[int, Field(default=20, le=50)]


class Told(TypedDict):
    text: str


@dataclass(frozen=True)
class Secrets:
    api_keys: SecretStr


SECRETS = Secrets(SecretStr("first-key, second-key"))


async def echo(ctx: Any) -> Told:
    ctx.set_output("shout", ctx.input["query"].upper())
    return {"text": f"{ctx.input['query']} x{ctx.input['limit']}"}


def workflow(run: Any = echo, **changes: Any) -> Workflow:
    """A workflow at POST /api/v1/echo/execute; a trigger or any field may be given."""
    trigger = changes.pop("trigger", None) or HttpTrigger("POST", "/api/v1/echo/execute")
    fields: dict[str, Any] = {
        "name": "echo",
        "run": run,
        "input_type": Asked,
        "output_type": Told,
        "triggers": (trigger,),
        "visible": ("shout",),
    }
    return Workflow(**{**fields, **changes})


def make_app(
    *workflows: Workflow,
    secrets: Any = SECRETS,
    pools: ConnectionPools | None = None,
    dependencies: Any = None,
    **options: Any,
) -> FastAPI:
    service = Service(workflows or [workflow()], **options)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with service.running(None, secrets, pools or ConnectionPools()):
            yield

    app = FastAPI(lifespan=lifespan, telemetry=NO_TELEMETRY, dependencies=dependencies)
    service.mount(app)
    return app


class Running:
    """A server in a thread, and a client for it."""

    def __init__(self, app: Any) -> None:
        self.port = _free_port()
        options: dict[str, Any] = {"loop": "uvloop", "http": connection_class(), "access_log": False}
        config = uvicorn.Config(app, port=self.port, lifespan="on", log_config=None, **options)
        self.server = GracefulServer(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        wait_until(lambda: self.server.started)
        self.client = httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10.0)

    def post(self, body: Any = None, path: str = "/api/v1/echo/execute", **options: Any) -> httpx2.Response:
        return self.client.post(path, json={"query": "hello"} if body is None else body, **options)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        assert not self.thread.is_alive()
        self.client.close()


@contextmanager
def serving(app: Any) -> Iterator[Running]:
    running = Running(app)
    try:
        yield running
    finally:
        running.stop()


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def wait_until(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


class Slow:
    """A workflow function that waits until it is let go, and says what happened to it."""

    def __init__(self) -> None:
        self.started = 0
        self.cancelled = 0
        self.finished = 0
        self.let_go = threading.Event()

    async def __call__(self, ctx: Any) -> Told:
        self.started += 1
        try:
            while not self.let_go.is_set():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        self.finished += 1
        return {"text": ctx.input["query"]}


def events(text: str) -> list[tuple[str, str, str]]:
    """The events of a stream as (id, event, data), read by the rules of the SSE standard."""
    found = []
    current: dict[str, str] = {}
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line:
            if "data" in current:
                found.append((current.get("id", ""), current.get("event", ""), current["data"]))
            current = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            current[name] = f"{current[name]}\n{value}" if name == "data" and "data" in current else value
    return found
