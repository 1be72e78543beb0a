"""The workflow raise_it."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.errors import RaisedError
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class RaiseItInput(TypedDict):
    age: int


class RaiseItOutput(TypedDict):
    text: str


Context = ExecutionContext[RaiseItInput, None, None]


async def raise_it(ctx: Context) -> RaiseItOutput:
    """Run the workflow once; gives its output."""
    # too_young, flow.yaml:5
    if ctx.input["age"] < 18:
        raise RaisedError("Too young", status=403, detail=f"{18 - ctx.input['age']} years to go.", node="too_young")
    # welcome, flow.yaml:9
    welcome = "welcome"
    ctx.set_output("welcome", welcome)
    return {"text": welcome}


RAISE_IT = Workflow(
    name="raise_it",
    run=raise_it,
    input_type=RaiseItInput,
    output_type=RaiseItOutput,
    triggers=(HttpTrigger("POST", "/api/v1/raise_it/execute"),),
    visible=("welcome",),
    graph={"nodes": [{"id": "too_young", "type": "raise", "after": []}, {"id": "welcome", "type": "set", "after": []}]},
)
