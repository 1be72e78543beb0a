"""loop_widening: The state begins as none and becomes text; numbers become fractions."""

from typing import Any

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.run_log import log_event
from app.runtime.text import text
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class LoopWideningInput(TypedDict):
    """Nothing is needed."""


class LoopWideningOutput(TypedDict):
    last: Any
    half: int | float


Context = ExecutionContext[LoopWideningInput, None, None]


class Rounds(TypedDict):
    last: Any
    half: int | float


async def loop_widening(ctx: Context) -> LoopWideningOutput:
    """Run the workflow once; gives its output."""
    # rounds, flow.yaml:5
    last: Any = None
    half: int | float = 1
    for index in range(5):
        if index >= 2:
            break
        # seen, flow.yaml:10
        seen = last if last is not None else "first"
        last, half = f"{text(seen)}+", half / 2
    else:
        if index < 2:
            log_event(ctx, "warning", "rounds", "stopped after 5 rounds, its condition would go on")
    rounds: Rounds = {"last": last, "half": half}
    ctx.set_output("rounds", rounds)
    return {"last": rounds["last"], "half": rounds["half"]}


LOOP_WIDENING = Workflow(
    name="loop_widening",
    run=loop_widening,
    input_type=LoopWideningInput,
    output_type=LoopWideningOutput,
    triggers=(HttpTrigger("POST", "/api/v1/loop_widening/execute"),),
    description="The state begins as none and becomes text; numbers become fractions.",
    visible=("rounds",),
    graph={
        "nodes": [
            {"id": "rounds", "type": "loop", "after": []},
            {"id": "seen", "type": "set", "after": [], "inside": "rounds.round"},
        ]
    },
)
