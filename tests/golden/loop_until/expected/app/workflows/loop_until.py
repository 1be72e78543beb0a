"""The workflow loop_until."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.run_log import log_event
from app.runtime.text import concat
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class LoopUntilInput(TypedDict):
    """Nothing is needed."""


class LoopUntilOutput(TypedDict):
    text: str


Context = ExecutionContext[LoopUntilInput, None, None]


class Tries(TypedDict):
    text: str


async def loop_until(ctx: Context) -> LoopUntilOutput:
    """Run the workflow once; gives its output."""
    # tries, flow.yaml:4
    text: str = ""
    for _ in range(10):
        # longer, flow.yaml:9
        text = concat(text, "x")
        if len(text) >= 3:
            break
    else:
        log_event(ctx, "warning", "tries", "stopped after 10 rounds, its condition would go on")
    tries: Tries = {"text": text}
    ctx.set_output("tries", tries)
    return {"text": tries["text"]}


LOOP_UNTIL = Workflow(
    name="loop_until",
    run=loop_until,
    input_type=LoopUntilInput,
    output_type=LoopUntilOutput,
    triggers=(HttpTrigger("POST", "/api/v1/loop_until/execute"),),
    visible=("tries",),
    graph={
        "nodes": [
            {"id": "tries", "type": "loop", "after": []},
            {"id": "longer", "type": "set", "after": [], "inside": "tries.round"},
        ]
    },
)
