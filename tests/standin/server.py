"""The stand-in as an application, and ways to run it."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import anthropic_api, graphql_api, json_api, openai_api, rerank_api
from .faults import Faults

BANNER = "This is the stand-in: rules, not a model. For tests and examples only."


class Marked:
    """Adds the header that says what this is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-stand-in", b"rules, not a model")]
            await send(message)

        await self.app(scope, receive, marked)


async def about(request: Request) -> Response:
    return PlainTextResponse(BANNER + "\n")


def create_app(token_ms: float = 0.0) -> Starlette:
    """The application; `token_ms` is the pause between streamed tokens."""
    app = Starlette(
        routes=[
            Route("/", about),
            Route("/v1/chat/completions", openai_api.chat, methods=["POST"]),
            Route("/openai/v1/chat/completions", openai_api.chat, methods=["POST"]),
            Route("/v1/embeddings", openai_api.embeddings, methods=["POST"]),
            Route("/v1/rerank", rerank_api.rerank, methods=["POST"]),
            Route("/v2/rerank", rerank_api.rerank, methods=["POST"]),
            Route("/v1/messages", anthropic_api.messages, methods=["POST"]),
            Route("/graphql", graphql_api.endpoint, methods=["POST"]),
            *json_api.ROUTES,
        ]
    )
    app.add_middleware(Marked)

    def token_seconds(request: Request) -> float:
        return float(request.headers.get("x-stand-in-token-ms", token_ms)) / 1000

    app.state.token_seconds = token_seconds
    app.state.faults = Faults()
    app.state.openai_kept = openai_api.Kept()
    app.state.anthropic_kept = anthropic_api.Kept()
    app.state.flaky = Counter()
    app.state.notes = []
    app.state.open_connections = lambda: -1
    return app


def create_server(app: Starlette) -> uvicorn.Server:
    """A server for the application, silent but for its own failures."""
    # A dropped connection is asked for by tests and would fill the log.
    config = uvicorn.Config(app, log_level="critical", access_log=False, timeout_keep_alive=60, lifespan="off")
    server = uvicorn.Server(config)
    app.state.open_connections = lambda: len(server.server_state.connections)
    return server


class StandIn:
    """A running stand-in: its address, and how many connections it has."""

    def __init__(self, url: str, open_connections: Callable[[], int]) -> None:
        self.url = url
        self.open_connections = open_connections


@contextmanager
def running(token_ms: float = 0.0) -> Iterator[StandIn]:
    """Run the stand-in on a free port in a thread of this process."""
    with serving(create_app(token_ms)) as server:
        yield server


@contextmanager
def serving(app: Starlette) -> Iterator[StandIn]:
    """Run an application on a free port in a thread of this process."""
    server = create_server(app)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            yield StandIn(f"http://127.0.0.1:{listener.getsockname()[1]}", app.state.open_connections)
        finally:
            server.should_exit = True
            server.force_exit = True
            thread.join(5)
