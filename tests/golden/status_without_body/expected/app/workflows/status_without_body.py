"""The workflow status_without_body."""

from typing import Annotated

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class StatusWithoutBodyInput(TypedDict):
    id: Annotated[str, Field(default="none")]


class StatusWithoutBodyOutput(TypedDict):
    id: str


@with_config(ConfigDict(extra="forbid"))
class StatusWithoutBodyParameters(TypedDict):
    id: Annotated[str, Field(default="none")]


Context = ExecutionContext[StatusWithoutBodyInput, None, None]


async def status_without_body(ctx: Context) -> StatusWithoutBodyOutput:
    """Run the workflow once; gives its output."""
    # gone, flow.yaml:14
    gone = ctx.input["id"].upper()
    ctx.set_output("gone", gone)
    return {"id": gone}


STATUS_WITHOUT_BODY = Workflow(
    name="status_without_body",
    run=status_without_body,
    input_type=StatusWithoutBodyInput,
    output_type=StatusWithoutBodyOutput,
    triggers=(
        HttpTrigger(
            "DELETE",
            "/things/{id}",
            parameters={"id": "path"},
            parameters_type=StatusWithoutBodyParameters,
            status=204,
            summary='Take a "thing" away',
            description="Says nothing when it is gone.",
        ),
        HttpTrigger("POST", "/things"),
    ),
    visible=("gone",),
    graph={"nodes": [{"id": "gone", "type": "set", "after": []}]},
)
