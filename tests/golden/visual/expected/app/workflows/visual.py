"""The workflow visual."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.workflow import HttpTrigger, Workflow

GREETING = "Hello"


@with_config(ConfigDict(extra="forbid", strict=True))
class VisualInput(TypedDict):
    name: str
    vip: bool


class VisualOutput(TypedDict):
    text: str


Context = ExecutionContext[VisualInput, None, None]


async def visual(ctx: Context) -> VisualOutput | None:
    """Run the workflow once; gives its output."""
    # isVip, flow.json:13
    isVip = ctx.input["vip"]
    ctx.set_output("isVip", isVip)
    back: VisualOutput | None = None
    # back, flow.json:14
    if isVip:
        back = {"text": f"Welcome back, {ctx.input['name']}"}
        ctx.set_output("back", back)
    first: VisualOutput | None = None
    # first, flow.json:15
    if not isVip:
        first = {"text": f"{GREETING} {ctx.input['name']}"}
        ctx.set_output("first", first)
    joined: VisualOutput | None = None
    if back is not None or first is not None:
        # joined, flow.json:16
        joined = back if back is not None else first
        ctx.set_output("joined", joined)
    return joined


VISUAL = Workflow(
    name="visual",
    run=visual,
    input_type=VisualInput,
    output_type=VisualOutput | None,
    triggers=(HttpTrigger("POST", "/visual"),),
    vars={"greeting": GREETING},
    visible=("isVip", "back", "first", "joined"),
    graph={
        "nodes": [
            {"id": "isVip", "type": "set", "after": []},
            {"id": "back", "type": "set", "after": ["isVip"]},
            {"id": "first", "type": "set", "after": ["isVip"]},
            {"id": "joined", "type": "set", "after": ["back", "first"]},
        ]
    },
)
