"""The workflow call."""

from time import monotonic_ns

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.calls import call as call_
from app.runtime.context import ExecutionContext
from app.runtime.node import node
from app.runtime.tasks import map_items
from app.runtime.workflow import HttpTrigger, Workflow
from app.workflows.polite import POLITE


@with_config(ConfigDict(extra="forbid", strict=True))
class CallInput(TypedDict):
    names: list[str]


class CallOutput(TypedDict):
    greetings: list[str]


Context = ExecutionContext[CallInput, None, None]


class Greeting(TypedDict):
    text: str


# greeting, flow.yaml:10
@node("greeting")
async def _greeting(ctx: Context, name: str) -> Greeting:
    output: Greeting = await call_(ctx, POLITE, {"name": name})
    return output


async def call(ctx: Context) -> CallOutput:
    """Run the workflow once; gives its output."""
    # greetings, flow.yaml:5
    greetings_started = monotonic_ns()

    async def greetings_name(ctx: Context, name: str, index: int) -> Greeting:
        return await _greeting(ctx, name)

    greetings: list[Greeting] = await map_items(ctx, ctx.input["names"], greetings_name)
    ctx.finished("greetings", greetings, monotonic_ns() - greetings_started)
    return {"greetings": [g["text"] for g in greetings]}


CALL = Workflow(
    name="call",
    run=call,
    input_type=CallInput,
    output_type=CallOutput,
    triggers=(HttpTrigger("POST", "/api/v1/call/execute"),),
    visible=("greetings",),
    graph={
        "nodes": [
            {"id": "greetings", "type": "map", "after": []},
            {"id": "greeting", "type": "call", "after": [], "inside": "greetings.each"},
        ]
    },
)
