"""The workflow input_places."""

from typing import Annotated

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.text import text
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class InputPlacesInput(TypedDict):
    id: int
    verbose: Annotated[bool, Field(default=False)]
    x_tenant: str
    tags: Annotated[list[str], Field(default=[])]


class InputPlacesOutput(TypedDict):
    told: str


@with_config(ConfigDict(extra="forbid"))
class InputPlacesParameters(TypedDict):
    id: int
    verbose: Annotated[bool, Field(default=False)]
    x_tenant: str
    tags: Annotated[list[str], Field(default=[])]


@with_config(ConfigDict(extra="forbid"))
class InputPlacesParameters2(TypedDict):
    id: int
    verbose: Annotated[bool, Field(default=False)]
    x_tenant: str


@with_config(ConfigDict(extra="forbid", strict=True))
class InputPlacesBody2(TypedDict):
    tags: Annotated[list[str], Field(default=[])]


Context = ExecutionContext[InputPlacesInput, None, None]


async def input_places(ctx: Context) -> InputPlacesOutput:
    """Run the workflow once; gives its output."""
    # told, flow.yaml:12
    told = f"{ctx.input['x_tenant']}/{ctx.input['id'] + 1} {text(ctx.input['verbose'])} " f"{text(ctx.input['tags'])}"
    ctx.set_output("told", told)
    return {"told": told}


INPUT_PLACES = Workflow(
    name="input_places",
    run=input_places,
    input_type=InputPlacesInput,
    output_type=InputPlacesOutput,
    triggers=(
        HttpTrigger(
            "GET",
            "/people/{id}",
            parameters={"id": "path", "verbose": "query", "x_tenant": "header", "tags": "query"},
            parameters_type=InputPlacesParameters,
        ),
        HttpTrigger(
            "PUT",
            "/people/{id}",
            parameters={"id": "path", "verbose": "query", "x_tenant": "header"},
            parameters_type=InputPlacesParameters2,
            body_type=InputPlacesBody2,
            status=201,
        ),
    ),
    visible=("told",),
    graph={"nodes": [{"id": "told", "type": "template", "after": []}]},
)
