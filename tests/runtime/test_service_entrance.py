"""What the server calls instead of the app: workflows are answered before it, unless somebody would be passed by."""

import asyncio
from functools import wraps
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from starlette.applications import Starlette

from templates.runtime.auth import ApiKey
from templates.runtime.rate_limit import RateLimit
from templates.runtime.short_way import ShortWay, in_front_of
from templates.runtime.workflow import HttpTrigger
from tests.runtime.service_parts import make_app, serving, workflow


class OwnApp(FastAPI):
    """The owner's own kind of app."""


def _with_middleware(app: FastAPI) -> None:
    app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])


def _with_root_path(app: FastAPI) -> None:
    app.root_path = "/below"


def _with_telemetry(app: FastAPI) -> None:
    app._telemetry["tracing"] = True


def _of_another_fastapi(app: FastAPI) -> None:
    del app._telemetry


def _watched_from_outside(app: FastAPI) -> None:
    """As OpenTelemetry's instrumentation of FastAPI does it."""
    stock = app.build_middleware_stack
    app.build_middleware_stack = lambda: Through(stock())  # type: ignore[method-assign]


class Through:
    """Hands everything on, and would have seen it."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)


def _entrance(app: FastAPI) -> Any:
    async def started() -> Any:
        app.middleware_stack = app.build_middleware_stack()  # as it does at the first message of the server
        async with app.router.lifespan_context(app):
            return in_front_of(app)

    return asyncio.run(started())


def test_workflows_are_answered_before_the_app() -> None:
    assert isinstance(_entrance(make_app()), ShortWay)


@pytest.mark.parametrize(
    "change", [_with_middleware, _with_root_path, _with_telemetry, _of_another_fastapi, _watched_from_outside]
)
def test_an_app_that_does_more_is_asked_itself(change: Any) -> None:
    app = make_app()
    change(app)
    assert _entrance(app) is app


def test_a_stack_that_somebody_wrapped_stays_the_outermost() -> None:
    app = make_app()
    _watched_from_outside(app)
    _entrance(app)
    assert isinstance(app.middleware_stack, Through)


@pytest.mark.parametrize("owner", [FastAPI, Starlette])
def test_who_put_himself_in_the_place_of_a_framework_sees_every_request(
    owner: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Sentry and others do it, before or after the app is made."""
    stock, seen = vars(owner)["__call__"], []

    @wraps(stock)
    async def watch(self: Any, scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope.get("path"))
        await stock(self, scope, receive, send)

    app = make_app()
    monkeypatch.setattr(owner, "__call__", watch)
    with serving(app) as server:
        assert server.post().status_code == 200
    assert seen == [None, "/api/v1/echo/execute"]


def test_so_is_one_without_the_short_way_and_one_that_is_no_fastapi() -> None:
    app = make_app(fast_path=False)
    assert _entrance(app) is app
    own = OwnApp()
    assert in_front_of(own) is own


def test_everything_else_still_comes_to_the_app() -> None:
    app = make_app()

    @app.get("/mine")
    async def mine(request: Request) -> dict[str, Any]:
        return {"same": request.app is app, "client": request.client and request.client.host}

    with serving(app) as server:
        assert server.post().status_code == 200
        assert server.client.get("/mine").json() == {"same": True, "client": "127.0.0.1"}
        assert server.client.get("/docs").status_code == 200
        assert server.client.get("/nowhere").status_code == 404
        assert server.client.get("/api/v1/echo/execute").status_code == 405
        told = server.client.get("/mine", headers={"x-forwarded-for": "192.0.2.7"}).json()
        assert told == {"same": True, "client": "192.0.2.7"}


def test_callers_behind_a_proxy_are_told_apart() -> None:
    limited = HttpTrigger("POST", "/api/v1/echo/execute", rate_limit=RateLimit(1, 60.0))
    with serving(make_app(workflow(trigger=limited))) as server:
        for address, status in (("192.0.2.1", 200), ("192.0.2.2", 200), ("192.0.2.1", 429)):
            assert server.post(headers={"x-forwarded-for": address}).status_code == status
        assert server.post().status_code == 200  # not behind the proxy: an address of its own
        assert server.post().status_code == 429


def test_keys_are_asked_for_on_the_short_way_too() -> None:
    guarded = HttpTrigger("POST", "/api/v1/echo/execute", auth=ApiKey(lambda secrets: secrets.api_keys))
    with serving(make_app(workflow(trigger=guarded))) as server:
        assert server.post().status_code == 401
        assert server.post(headers={"x-api-key": "first-key"}).status_code == 200


@pytest.mark.parametrize("fast_path", [True, False])
def test_middleware_of_the_owner_sees_every_request(fast_path: bool) -> None:
    app = make_app(fast_path=fast_path)
    seen: list[str] = []

    @app.middleware("http")
    async def note(request: Request, call_next: Any) -> Any:
        seen.append(request.url.path)
        response = await call_next(request)
        response.headers["x-noted"] = "yes"
        return response

    with serving(app) as server:
        assert server.post().headers["x-noted"] == "yes"
    assert seen == ["/api/v1/echo/execute"]
