"""The workflow wait_and_log."""

import asyncio
from typing import Annotated

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.node import node
from app.runtime.run_log import log_node
from app.runtime.waiting import sleep_for, sleep_until
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class WaitAndLogInput(TypedDict):
    pause: Annotated[str, Field(default="2m")]


class WaitAndLogOutput(TypedDict):
    state: str


Context = ExecutionContext[WaitAndLogInput, None, None]


# paused, flow.yaml:6
@node("paused")
async def _paused(ctx: Context) -> None:
    await asyncio.sleep(90.0)


# computed, flow.yaml:7
@node("computed")
async def _computed(ctx: Context) -> None:
    await sleep_for(ctx.input["pause"])


# until, flow.yaml:8
@node("until")
async def _until(ctx: Context) -> None:
    await sleep_until("2020-01-01T00:00:00Z")


async def wait_and_log(ctx: Context) -> WaitAndLogOutput:
    """Run the workflow once; gives its output."""
    # told, flow.yaml:5
    log_node(ctx, "warning", "told", f"waiting {ctx.input['pause']}", {"pause": ctx.input["pause"]})
    await _paused(ctx)
    await _computed(ctx)
    await _until(ctx)
    # end, flow.yaml:9
    end = "done"
    ctx.set_output("end", end)
    return {"state": end}


WAIT_AND_LOG = Workflow(
    name="wait_and_log",
    run=wait_and_log,
    input_type=WaitAndLogInput,
    output_type=WaitAndLogOutput,
    triggers=(HttpTrigger("POST", "/api/v1/wait_and_log/execute"),),
    visible=("paused", "computed", "until", "end"),
    graph={
        "nodes": [
            {"id": "told", "type": "log", "after": []},
            {"id": "paused", "type": "wait", "after": ["told"]},
            {"id": "computed", "type": "wait", "after": ["paused"]},
            {"id": "until", "type": "wait", "after": ["computed"]},
            {"id": "end", "type": "set", "after": ["until"]},
        ]
    },
)
