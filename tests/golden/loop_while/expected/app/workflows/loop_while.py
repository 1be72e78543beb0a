"""The workflow loop_while."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.run_log import log_event
from app.runtime.values import add
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class LoopWhileInput(TypedDict):
    start: int


class LoopWhileOutput(TypedDict):
    n: int
    steps: list[int]


Context = ExecutionContext[LoopWhileInput, None, None]


class Halved(TypedDict):
    n: int
    steps: list[int]


async def loop_while(ctx: Context) -> LoopWhileOutput:
    """Run the workflow once; gives its output."""
    # halved, flow.yaml:5
    n: int = ctx.input["start"]
    steps: list[int] = []
    for index in range(20):
        if n <= 1:
            break
        # half, flow.yaml:11
        half = n // 2
        n, steps = half, add(steps, [index])
    else:
        if n > 1:
            log_event(ctx, "warning", "halved", "stopped after 20 rounds, its condition would go on")
    halved: Halved = {"n": n, "steps": steps}
    ctx.set_output("halved", halved)
    return {"n": halved["n"], "steps": halved["steps"]}


LOOP_WHILE = Workflow(
    name="loop_while",
    run=loop_while,
    input_type=LoopWhileInput,
    output_type=LoopWhileOutput,
    triggers=(HttpTrigger("POST", "/api/v1/loop_while/execute"),),
    visible=("halved",),
    graph={
        "nodes": [
            {"id": "halved", "type": "loop", "after": []},
            {"id": "half", "type": "set", "after": [], "inside": "halved.round"},
        ]
    },
)
