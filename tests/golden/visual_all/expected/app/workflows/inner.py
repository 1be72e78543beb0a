"""inner: Add one."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.workflow import Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class InnerInput(TypedDict):
    n: int


class InnerOutput(TypedDict):
    n: int


Context = ExecutionContext[InnerInput, None, Secrets]


async def inner(ctx: Context) -> InnerOutput:
    """Run the workflow once; gives its output."""
    # plus, flow.json:151
    plus: InnerOutput = {"n": ctx.input["n"] + 1}
    ctx.set_output("plus", plus)
    return plus


INNER = Workflow(
    name="inner",
    run=inner,
    input_type=InnerInput,
    output_type=InnerOutput,
    description="Add one.",
    vars={"GREETING": "Dear"},
    visible=("plus",),
    graph={"nodes": [{"id": "plus", "type": "set", "after": []}]},
)
