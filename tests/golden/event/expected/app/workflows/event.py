"""The workflow event."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.run_events import send_event
from app.runtime.sse import EventStream
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class EventInput(TypedDict):
    files: list[str]


class EventOutput(TypedDict):
    files: list[str]


Context = ExecutionContext[EventInput, None, None]


async def event(ctx: Context) -> EventOutput:
    """Run the workflow once; gives its output."""
    # begun, flow.yaml:5
    send_event(ctx, "begun", "begun", {"count": len(ctx.input["files"])})
    # empty, flow.yaml:6
    if not ctx.input["files"]:
        send_event(ctx, "empty", "nothing-to-do", None)
    # listed, flow.yaml:7
    listed: list[str] = sorted(ctx.input["files"], key=str.lower)
    ctx.set_output("listed", listed)
    return {"files": listed}


EVENT = Workflow(
    name="event",
    run=event,
    input_type=EventInput,
    output_type=EventOutput,
    triggers=(HttpTrigger("POST", "/api/v1/event/execute"),),
    stream=EventStream(),
    visible=("listed",),
    graph={
        "nodes": [
            {"id": "begun", "type": "event", "after": []},
            {"id": "empty", "type": "event", "after": ["begun"]},
            {"id": "listed", "type": "set", "after": ["begun", "empty"]},
        ]
    },
)
