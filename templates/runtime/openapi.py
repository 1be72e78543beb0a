"""What OpenAPI, and so `/docs`, says of the workflows of a service."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import cached_property
from itertools import count
from typing import Annotated, Any

from fastapi import Body, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from . import problems
from .answers import WITHOUT_BODY
from .endpoint import Endpoint
from .schemas import with_known_limits
from .workflow import HttpTrigger, Workflow

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


class DescribedRoute(APIRoute):
    """A route that says what a workflow takes and gives, and never answers a request: that is for another.

    FastAPI makes models of both, which takes some milliseconds for each workflow. Most starts of a service never need
    them, so that is done when somebody first asks, such as `/docs`.
    """

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        response_model = options.pop("response_model")
        super().__init__(path, _signature(None), response_model=None, **options)
        self.endpoint = _signature(endpoint.intake.body_type)
        self.response_model = response_model
        self._describes = endpoint
        del self.body_field, self.response_field, self.openapi_extra  # found below from now on

    @cached_property
    def body_field(self) -> Any:  # type: ignore[override]
        """The model of the body."""
        return self._with_models.body_field

    @cached_property
    def response_field(self) -> Any:  # type: ignore[override]
        """The model of the answer."""
        return self._with_models.response_field

    @cached_property
    def openapi_extra(self) -> dict[str, Any]:  # type: ignore[override]
        """What FastAPI cannot read from the signature."""
        return _extra(self._describes)

    @cached_property
    def _with_models(self) -> APIRoute:
        return APIRoute(
            self.path,
            self.endpoint,
            methods=self.methods,
            operation_id=self.operation_id,
            status_code=self.status_code,
            response_model=self.response_model,
        )

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """No request is for it."""
        return Match.NONE, {}


def describe(app: FastAPI, endpoints: list[Endpoint]) -> None:
    """Describe the endpoints in `/docs`, each as a route that FastAPI makes OpenAPI from."""
    names = _operation_ids(endpoints)
    for endpoint in endpoints:
        _add_described(app, endpoint, names[endpoint])
    _add_to_document(app, endpoints)


def _add_described(app: FastAPI, endpoint: Endpoint, operation_id: str) -> None:
    workflow, trigger = endpoint.workflow, endpoint.trigger
    app.router.add_api_route(
        trigger.path,
        endpoint,
        methods=[trigger.method],
        name=workflow.name,
        summary=trigger.summary or workflow.name.replace("_", " "),
        description=trigger.description or workflow.description,
        operation_id=operation_id,
        status_code=trigger.status,
        response_model=workflow.output_type if trigger.status not in WITHOUT_BODY else None,
        responses=_responses(workflow, trigger),
        route_class_override=DescribedRoute,
    )


def _signature(body_type: Any) -> Callable[..., Awaitable[None]]:
    """A function with the signature of a workflow."""
    if body_type is None:

        async def without_body() -> None:
            return None

        return without_body

    async def with_body(body: Annotated[body_type, Body()]) -> None:
        return None

    return with_body


def _operation_ids(endpoints: Iterable[Endpoint]) -> dict[Endpoint, str]:
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


def _add_to_document(app: FastAPI, endpoints: list[Endpoint]) -> None:
    """Name limits and the ways to authenticate in the OpenAPI document as everybody knows them."""
    schemes = [endpoint.trigger.auth.scheme() for endpoint in endpoints if endpoint.trigger.auth is not None]
    named = {_scheme_name(scheme): scheme for scheme in schemes}
    stock = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = with_known_limits(stock())
            if named:
                found.setdefault("components", {}).setdefault("securitySchemes", {}).update(named)
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
