"""The routes of a service on its FastAPI app: workflows, health, metrics, and how errors look everywhere."""

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from . import logs, metrics, problems
from .answers import Answer, JsonResponse
from .endpoint import Endpoint, new_execution_id
from .host import Host, is_stopping
from .schemas import schema_of
from .workflow import HttpTrigger, Workflow

_READY_SECONDS = 5.0


class EndpointResponse(Response):
    """A response that an endpoint writes itself, once FastAPI has solved the dependencies of the route."""

    def __init__(self, endpoint: Endpoint, path_values: Mapping[str, str]) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._path_values = path_values

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        await self._endpoint(scope, receive, send, self._path_values)


def add_workflow_route(app: FastAPI, endpoint: Endpoint) -> None:
    """Serve an endpoint as a route: it takes the bare request, since the endpoint reads and checks it."""
    workflow, trigger = endpoint.workflow, endpoint.trigger

    async def answer(request: Request) -> Response:
        return EndpointResponse(endpoint, request.path_params)

    methods = [trigger.method, "HEAD"] if trigger.method == "GET" else [trigger.method]
    app.add_api_route(trigger.path, answer, methods=methods, name=workflow.name, include_in_schema=False)
    endpoint.route = {"route": app.router.routes[-1], "endpoint": answer}


def add_service_routes(app: FastAPI, host: Host) -> list[str]:
    """`/health`, `/ready` and `/metrics`; gives these paths."""

    async def health() -> JsonResponse:
        """The process is up."""
        return JsonResponse({"status": "ok"})

    async def ready(request: Request) -> JsonResponse:
        """Every pool in use answers, and the service takes requests."""
        live = host.live
        if live is None or is_stopping(request.scope):
            return JsonResponse({"status": "stopping" if live else "not started", "pools": {}}, 503)
        pools = await live.pools.ready(_READY_SECONDS)
        good = all(pools.values())
        return JsonResponse({"status": "ready" if good else "not ready", "pools": pools}, 200 if good else 503)

    async def show_metrics() -> Response:
        """Prometheus."""
        others = host.live.pools.collectors() if host.live is not None else ()
        return Response(host.metrics.text(others), media_type=metrics.CONTENT_TYPE)

    routes: dict[str, Any] = {"/health": health, "/ready": ready, "/metrics": show_metrics}
    for path, function in routes.items():
        app.add_api_route(path, function, methods=["GET", "HEAD"], include_in_schema=False)
    return list(routes)


def add_info_route(app: FastAPI, workflow: Workflow) -> str:
    """`GET /api/v1/{name}/info`: what the workflow takes and gives, and its graph. Gives this path."""
    info = cache(partial(_info, workflow))  # when first asked: no start of the service has to wait for the schemas

    async def show_info() -> JsonResponse:
        """What the workflow takes and gives."""
        return JsonResponse(info())

    path = f"/api/v1/{workflow.name}/info"
    app.add_api_route(path, show_info, methods=["GET", "HEAD"], include_in_schema=False)
    return path


def _info(workflow: Workflow) -> dict[str, Any]:
    return {
        "name": workflow.name,
        "description": workflow.description,
        "input": schema_of(TypeAdapter(workflow.input_type)),
        "output": schema_of(TypeAdapter(workflow.output_type), mode="serialization"),
        "stream": workflow.stream is not None,
        "triggers": [
            {"method": trigger.method, "path": trigger.path}
            for trigger in workflow.triggers
            if isinstance(trigger, HttpTrigger)
        ],
        "graph": workflow.graph,
    }


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error of the app a problem document, those of routes that the owner adds too."""

    async def of_status(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            return await of_anything(request, error)
        known = problems.of_status(error.status_code, tuple((error.headers or {}).items()), error.detail)
        return _response(problems.answer(known, new_execution_id()))

    async def of_validation(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            return await of_anything(request, error)
        found = [
            problems.invalid([{**entry, "loc": entry["loc"][1:]}], str(entry["loc"][0])) for entry in error.errors()
        ]
        return _response(problems.answer(problems.merged(found), new_execution_id()))

    async def of_anything(request: Request, error: Exception) -> Response:
        execution_id = new_execution_id()
        # The server logs the traceback next; this line says which answer it belongs to.
        logs.write("error", "request failed", execution_id=execution_id, path=request.url.path)
        return _response(problems.answer(error, execution_id))

    app.add_exception_handler(HTTPException, of_status)
    app.add_exception_handler(RequestValidationError, of_validation)
    app.add_exception_handler(Exception, of_anything)


def _response(answer: Answer) -> Response:
    response = Response(answer.body, answer.status)
    response.raw_headers[:] = answer.headers
    return response
