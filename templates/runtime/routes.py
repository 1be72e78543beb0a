"""The routes of a service on its FastAPI app: workflows, health, metrics, and how errors look everywhere."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from itertools import count
from typing import Annotated, Any

from fastapi import Body, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from . import logs, metrics, problems
from .answers import WITHOUT_BODY, Answer, JsonResponse
from .endpoint import Endpoint, new_execution_id
from .host import Host, is_stopping
from .workflow import HttpTrigger, Workflow

_READY_SECONDS = 5.0

_PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "execution_id": {"type": "string"},
        "node": {"type": "string"},
        "source": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["loc", "field", "message", "type"],
                "properties": {
                    "loc": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
                    "field": {"type": "string"},
                    "message": {"type": "string"},
                    "type": {"type": "string"},
                },
            },
        },
    },
}


class EndpointResponse(Response):
    """A response that an endpoint writes itself, once FastAPI has solved the dependencies of the route."""

    def __init__(self, endpoint: Endpoint, path_values: Mapping[str, str]) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._path_values = path_values

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        await self._endpoint(scope, receive, send, self._path_values)


def add_workflow_route(app: FastAPI, endpoint: Endpoint, operation_id: str) -> None:
    """Serve an endpoint as a route, and describe it in `/docs` under this name.

    Two routes stand at its path. The first one answers: it takes the bare request, since the endpoint reads and checks
    it. The second one is never reached: its signature is what OpenAPI is made from.
    """
    workflow, trigger = endpoint.workflow, endpoint.trigger

    async def answer(request: Request) -> Response:
        return EndpointResponse(endpoint, request.path_params)

    methods = [trigger.method, "HEAD"] if trigger.method == "GET" else [trigger.method]
    app.add_api_route(trigger.path, answer, methods=methods, name=workflow.name, include_in_schema=False)
    endpoint.route = {"route": app.router.routes[-1], "endpoint": answer}
    app.add_api_route(
        trigger.path,
        _described(endpoint.intake.body_type),
        methods=[trigger.method],
        name=workflow.name,
        summary=trigger.summary or workflow.name.replace("_", " "),
        description=trigger.description or workflow.description,
        operation_id=operation_id,
        status_code=trigger.status,
        response_model=workflow.output_type if trigger.status not in WITHOUT_BODY else None,
        responses=_responses(workflow, trigger),
        openapi_extra=_extra(endpoint),
    )


def _described(body_type: Any) -> Callable[..., Awaitable[None]]:
    """A function with the signature of a workflow."""
    if body_type is None:

        async def without_body() -> None:
            return None

        return without_body

    async def with_body(body: Annotated[body_type, Body()]) -> None:
        return None

    return with_body


def operation_ids(endpoints: Iterable[Endpoint]) -> dict[Endpoint, str]:
    """A name of its own for each: the workflow's; its further triggers have method and path behind it."""
    by_name: dict[str, Endpoint] = {}
    further = [each for each in endpoints if by_name.setdefault(each.workflow.name, each) is not each]
    for endpoint in further:
        words = "".join(letter if letter.isalnum() else "_" for letter in endpoint.trigger.path).strip("_")
        wanted = f"{endpoint.workflow.name}_{endpoint.trigger.method.lower()}_{words}"
        numbered = (f"{wanted}_{number}" for number in count(2))
        # `/a/b` and `/a.b` have the same words.
        name = wanted if wanted not in by_name else next(each for each in numbered if each not in by_name)
        by_name[name] = endpoint
    return {endpoint: name for name, endpoint in by_name.items()}


def _responses(workflow: Workflow, trigger: HttpTrigger) -> dict[int | str, dict[str, Any]]:
    problem = {"content": {problems.PROBLEM_TYPE: {"schema": _PROBLEM_SCHEMA}}}
    found: dict[int | str, dict[str, Any]] = {
        422: {"description": "The input is not valid", **problem},
        "default": {"description": "An error", **problem},
    }
    if trigger.auth is not None:
        found[401] = {"description": "Credentials are missing or not valid", **problem}
    if workflow.stream is not None:
        events = {"text/event-stream": {"schema": {"type": "string"}}}
        found[trigger.status] = {"description": "The output, or a stream of events when asked for", "content": events}
    return found


def _extra(endpoint: Endpoint) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    parameters = endpoint.intake.parameters()
    if parameters:
        extra["parameters"] = parameters
    if endpoint.intake.reads_body and not endpoint.intake.needs_body():
        extra["requestBody"] = {"required": False}
    if endpoint.trigger.auth is not None:
        extra["security"] = [{_scheme_name(endpoint.trigger.auth.scheme()): []}]
    return extra


def _scheme_name(scheme: Mapping[str, Any]) -> str:
    return "_".join(str(part) for part in (scheme["type"], scheme.get("scheme"), scheme.get("name")) if part)


def add_security_schemes(app: FastAPI, endpoints: list[Endpoint]) -> None:
    """Name the ways to authenticate in the OpenAPI document."""
    schemes = [endpoint.trigger.auth.scheme() for endpoint in endpoints if endpoint.trigger.auth is not None]
    if not schemes:
        return
    stock = app.openapi

    def openapi() -> dict[str, Any]:
        found = stock()
        named = {_scheme_name(scheme): scheme for scheme in schemes}
        found.setdefault("components", {}).setdefault("securitySchemes", {}).update(named)
        return found

    app.openapi = openapi  # type: ignore[method-assign]


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
    info = {
        "name": workflow.name,
        "description": workflow.description,
        "input": TypeAdapter(workflow.input_type).json_schema(),
        "output": TypeAdapter(workflow.output_type).json_schema(mode="serialization"),
        "stream": workflow.stream is not None,
        "triggers": [
            {"method": trigger.method, "path": trigger.path}
            for trigger in workflow.triggers
            if isinstance(trigger, HttpTrigger)
        ],
        "graph": workflow.graph,
    }

    async def show_info() -> JsonResponse:
        """What the workflow takes and gives."""
        return JsonResponse(info)

    path = f"/api/v1/{workflow.name}/info"
    app.add_api_route(path, show_info, methods=["GET", "HEAD"], include_in_schema=False)
    return path


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
