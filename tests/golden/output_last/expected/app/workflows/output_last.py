"""output_last: Without an output the last node's value is the answer; CRLF and emoji are no trouble."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class OutputLastInput(TypedDict):
    name: str


Context = ExecutionContext[OutputLastInput, None, None]


async def output_last(ctx: Context) -> str:
    """Run the workflow once; gives its output."""
    # greeting, flow.yaml:7
    greeting = f"👋 {ctx.input['name']}"
    ctx.set_output("greeting", greeting)
    return greeting


OUTPUT_LAST = Workflow(
    name="output_last",
    run=output_last,
    input_type=OutputLastInput,
    output_type=str,
    triggers=(HttpTrigger("POST", "/api/v1/output_last/execute"),),
    description="Without an output the last node's value is the answer; CRLF and emoji are no trouble.",
    timeout=20.0,
    visible=("greeting",),
    graph={"nodes": [{"id": "greeting", "type": "template", "after": []}]},
)
