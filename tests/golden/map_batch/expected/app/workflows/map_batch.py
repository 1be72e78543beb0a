"""The workflow map_batch."""

from time import monotonic_ns

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_text, segment
from app.runtime.node import node
from app.runtime.tasks import map_items
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class MapBatchInput(TypedDict):
    ids: list[int]


class MapBatchOutput(TypedDict):
    sent: list[str]


Context = ExecutionContext[MapBatchInput, Env, None]


# send, flow.yaml:13
@node("send", timeout=10.0)
async def _send(ctx: Context, id_: int) -> str:
    return await request_text(ctx, "POST", f"{ctx.env.api}/send/{segment(id_)}")


async def map_batch(ctx: Context) -> MapBatchOutput:
    """Run the workflow once; gives its output."""
    # sent, flow.yaml:6
    sent_started = monotonic_ns()

    async def sent_id(ctx: Context, id_: int, index: int) -> str:
        return await _send(ctx, id_)

    sent: list[str] = await map_items(ctx, ctx.input["ids"], sent_id, concurrency=2, batch=2)
    ctx.finished("sent", sent, monotonic_ns() - sent_started)
    return {"sent": sent}


MAP_BATCH = Workflow(
    name="map_batch",
    run=map_batch,
    input_type=MapBatchInput,
    output_type=MapBatchOutput,
    triggers=(HttpTrigger("POST", "/api/v1/map_batch/execute"),),
    visible=("sent",),
    graph={
        "nodes": [
            {"id": "sent", "type": "map", "after": []},
            {"id": "send", "type": "http", "after": [], "inside": "sent.each"},
        ]
    },
)
