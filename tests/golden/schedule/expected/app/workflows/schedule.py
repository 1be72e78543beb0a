"""The workflow schedule."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.moments import Moment
from app.runtime.schedule import ScheduleTrigger
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class ScheduleInput(TypedDict):
    kind: str
    limit: Annotated[int, Field(default=5)]
    since: Annotated[Moment, Field(default=datetime.fromisoformat("2030-01-31T12:00:00Z"))]


class ScheduleOutput(TypedDict):
    report: str


Context = ExecutionContext[ScheduleInput, None, None]


async def schedule(ctx: Context) -> ScheduleOutput:
    """Run the workflow once; gives its output."""
    # report, flow.yaml:8
    report = f"{ctx.input['kind']} {ctx.input['limit']} {ctx.input['since'].strftime('%Y')}"
    ctx.set_output("report", report)
    return {"report": report}


SCHEDULE = Workflow(
    name="schedule",
    run=schedule,
    input_type=ScheduleInput,
    output_type=ScheduleOutput,
    triggers=(
        HttpTrigger("POST", "/now"),
        ScheduleTrigger(
            "0 6 * * mon-fri",
            timezone="Europe/Madrid",
            overlap="queue",
            input={"kind": "daily", "since": "2031-01-31T12:00:00Z"},
        ),
    ),
    visible=("report",),
    graph={"nodes": [{"id": "report", "type": "set", "after": []}]},
)
