"""The workflow switch."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class SwitchInput(TypedDict):
    temperature: int | float


class SwitchOutput(TypedDict):
    advice: str


Context = ExecutionContext[SwitchInput, None, None]


async def switch(ctx: Context) -> SwitchOutput:
    """Run the workflow once; gives its output."""
    # advice, flow.yaml:5
    advice: str
    if ctx.input["temperature"] < 0:
        # coat, flow.yaml:9
        coat = "coat"
        ctx.set_output("coat", coat)
        advice = coat
    elif ctx.input["temperature"] < 15:
        # jacket, flow.yaml:11
        jacket = "jacket"
        ctx.set_output("jacket", jacket)
        advice = jacket
    else:
        # shirt, flow.yaml:12
        shirt = "shirt"
        ctx.set_output("shirt", shirt)
        advice = shirt
    ctx.set_output("advice", advice)
    return {"advice": advice}


SWITCH = Workflow(
    name="switch",
    run=switch,
    input_type=SwitchInput,
    output_type=SwitchOutput,
    triggers=(HttpTrigger("POST", "/api/v1/switch/execute"),),
    visible=("advice", "coat", "jacket", "shirt"),
    graph={
        "nodes": [
            {"id": "advice", "type": "switch", "after": []},
            {"id": "coat", "type": "set", "after": [], "inside": "advice.case 1"},
            {"id": "jacket", "type": "set", "after": [], "inside": "advice.case 2"},
            {"id": "shirt", "type": "set", "after": [], "inside": "advice.default"},
        ]
    },
)
