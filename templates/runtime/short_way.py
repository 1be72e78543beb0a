"""The short way to a workflow: past FastAPI's router, inside everybody's middleware.

Two thirds of an ordinary FastAPI request go into finding the route, solving dependencies and building the response.
For a workflow all of that is known beforehand, so this ASGI middleware looks method and path up in a table and calls
the workflow's endpoint. It is the innermost middleware: what the owner adds to the app (CORS, compression, sessions,
logging) stays around it. Every other request, and every method that is not the workflow's, goes on to the FastAPI app,
where the same endpoints stand as ordinary routes; that is where `/docs`, 404, 405 and redirects come from.

`Service(..., fast_path=False)` leaves it out; answers are the same, about half as many a second. It also steps aside
by itself when the app has dependencies of its own (`FastAPI(dependencies=[...])`), which only the router knows how to
solve.
"""

from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from .endpoint import Endpoint
from .start import PlainStart


@dataclass(slots=True)
class _Segment:
    """A place in the tree of paths that hold parameters: what may come next, and which endpoints end here."""

    literal: dict[str, "_Segment"] = field(default_factory=dict)
    value: "_Segment | None" = None
    endpoints: dict[str, tuple[Endpoint, tuple[str, ...]]] = field(default_factory=dict)


class RouteTable:
    """Finds an endpoint by method and path, however many there are."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self.exact: dict[tuple[str, str], Endpoint] = {}
        self._root = _Segment()
        self._has_parameters = False
        self._kept_out: frozenset[str] = frozenset()
        for endpoint in endpoints:
            trigger = endpoint.trigger
            if "{" in trigger.path:
                self._add(endpoint)
            else:
                self.exact[trigger.method, trigger.path] = endpoint

    def keep_out(self, paths: Iterable[str | None]) -> None:
        """Leave `GET` of these paths to the app, although a path with parameters would match them."""
        self._kept_out = frozenset(path for path in paths if path is not None)

    def find(self, method: str, path: str) -> tuple[Endpoint, Mapping[str, str]] | None:
        """The endpoint for a path with parameters, and their values."""
        if not self._has_parameters or (method == "GET" and path in self._kept_out):
            return None
        values: list[str] = []
        segment = _descend(self._root, path.split("/"), 0, values, method)
        if segment is None:
            return None
        endpoint, names = segment.endpoints[method]
        return endpoint, dict(zip(names, values, strict=True))

    def _add(self, endpoint: Endpoint) -> None:
        segment = self._root
        names = []
        for part in endpoint.trigger.path.split("/"):
            if "{" not in part:
                segment = segment.literal.setdefault(part, _Segment())
            elif part.startswith("{") and part.endswith("}") and part[1:-1].isidentifier():
                names.append(part[1:-1])
                segment.value = segment = segment.value or _Segment()
            else:
                return  # a pattern of its own kind, such as {rest:path}: FastAPI serves it
        segment.endpoints[endpoint.trigger.method] = (endpoint, tuple(names))
        self._has_parameters = True


def _descend(segment: _Segment, parts: list[str], index: int, values: list[str], method: str) -> _Segment | None:
    """The place that `parts` lead to, literal parts first, as the routes are ordered too."""
    if index == len(parts):
        return segment if method in segment.endpoints else None
    part = parts[index]
    following = segment.literal.get(part)
    if following is not None:
        found = _descend(following, parts, index + 1, values, method)
        if found is not None:
            return found
    if segment.value is None or not part:
        return None
    values.append(part)
    found = _descend(segment.value, parts, index + 1, values, method)
    if found is None:
        values.pop()
    return found


class ShortWay:
    """The middleware."""

    def __init__(self, app: ASGIApp, table: RouteTable, owner: FastAPI, *, is_seen: bool = True) -> None:
        self._app = app
        self._table = table
        self._exact = table.exact
        self._owner = owner
        self._is_seen = is_seen  # by other middleware, which may ask the scope for the route
        self._steps_aside = bool(owner.router.dependencies)

    def moved(self, app: ASGIApp) -> "ShortWay":
        """The same in front of another app."""
        return ShortWay(app, self._table, self._owner, is_seen=False)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer a request to a workflow; hand everything else on. What is to be awaited goes back as it is."""
        if scope["type"] != "http" or self._steps_aside:
            return self._app(scope, receive, send)
        path = scope["path"]
        root = scope.get("root_path")
        if root and path.startswith(root + "/"):
            path = path[len(root) :]  # mounted below a prefix, or behind a proxy that adds one
        endpoint = self._exact.get((scope["method"], path))
        if endpoint is not None:
            if self._is_seen:
                scope.update(endpoint.route, path_params={})
            return endpoint(scope, receive, send)
        found = self._table.find(scope["method"], path)
        if found is None:
            return self._app(scope, receive, send)
        endpoint, values = found
        if self._is_seen:
            scope.update(endpoint.route, path_params=values)
        return endpoint(scope, receive, send, values)


_OURS: frozenset[object] = frozenset((ShortWay, PlainStart))


def shorten(app: FastAPI, table: RouteTable) -> None:
    """Put the short way outside of the app's error handlers as well, when no other middleware is there to be passed by.

    An endpoint answers its errors itself and needs none of those handlers. To be called once the app has been started,
    when no middleware can be added any more.
    """
    stack = app.middleware_stack
    if stack is None or isinstance(stack, ShortWay):
        return  # mounted below another app, which has been started instead, or started before
    if all(entry.cls in _OURS for entry in app.user_middleware) and _is_stock(app.build_middleware_stack, FastAPI):
        app.middleware_stack = ShortWay(stack, table, app, is_seen=False)


def in_front_of(app: Any) -> Any:
    """What a server may call instead of the app, once it has been started.

    That is the short way, so that a request to a workflow never comes to the app; or the app itself when it does more
    with a request than hand it on, because somebody has added to it.
    """
    if type(app) is not FastAPI or app.root_path or _may_trace(app) or not isinstance(app.middleware_stack, ShortWay):
        return app
    if not all(_is_stock(owner.__call__, owner) for owner in (FastAPI, Starlette)):
        return app
    return app.middleware_stack.moved(app)


def _is_stock(method: object, owner: type) -> bool:
    """Whether a method is the framework's own; tools that watch apps (Sentry, OpenTelemetry) put in theirs."""
    return method.__module__ == owner.__module__ and not hasattr(method, "__wrapped__")


def _may_trace(app: FastAPI) -> bool:
    """Whether FastAPI's own telemetry is on, which looks at every request; it is taken to be when nobody can say."""
    try:
        settings = app._telemetry
    except AttributeError:
        return True
    return any(settings.get(kind, True) for kind in ("tracing", "metrics", "logs"))
