"""respond_background: Answer at once; what remains goes on in the background."""

from typing import Any

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_json, segment
from app.runtime.node import node
from app.runtime.reply import ANSWERED, Reply
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class RespondBackgroundInput(TypedDict):
    id: str


Context = ExecutionContext[RespondBackgroundInput, Env, None]


# work, flow.yaml:8
@node("work", timeout=10.0)
async def _work(ctx: Context) -> Any:
    return await request_json(ctx, "POST", f"{ctx.env.api}/work/{segment(ctx.input['id'])}", None)


async def respond_background(ctx: Context) -> Any | Reply:
    """Run the workflow once; gives its output, or an answer of its own."""
    # accepted, flow.yaml:7
    ctx.respond(Reply({"accepted": ctx.input["id"]}, status=202, headers={"X-Job": ctx.input["id"]}))
    ctx.set_output("accepted", None)
    await _work(ctx)
    return ANSWERED


RESPOND_BACKGROUND = Workflow(
    name="respond_background",
    run=respond_background,
    input_type=RespondBackgroundInput,
    output_type=Any,
    triggers=(HttpTrigger("POST", "/api/v1/respond_background/execute"),),
    description="Answer at once; what remains goes on in the background.",
    visible=("work",),
    graph={
        "nodes": [
            {"id": "accepted", "type": "respond", "after": []},
            {"id": "work", "type": "http", "after": ["accepted"]},
        ]
    },
    continues=True,
)
