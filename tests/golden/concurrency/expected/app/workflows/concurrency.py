"""concurrency: Two nodes at the same time, then one that reads both, then two again."""

from typing import Any

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_json
from app.runtime.node import Retry, node
from app.runtime.tasks import TaskGroup
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class ConcurrencyInput(TypedDict):
    """Nothing is needed."""


class ConcurrencyOutput(TypedDict):
    total: int


Context = ExecutionContext[ConcurrencyInput, Env, None]


class Number(TypedDict):
    value: int


NUMBER: TypeAdapter[Number] = TypeAdapter(Number)


# left, flow.yaml:7
@node("left", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _left(ctx: Context) -> Number:
    return await request_json(ctx, "GET", f"{ctx.env.api}/left", NUMBER)


# right, flow.yaml:8
@node("right", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _right(ctx: Context) -> Number:
    return await request_json(ctx, "GET", f"{ctx.env.api}/right", NUMBER)


# saved, flow.yaml:10
@node("saved", timeout=10.0)
async def _saved(ctx: Context, total: int) -> Any:
    return await request_json(ctx, "POST", f"{ctx.env.api}/saved", None, json=total)


# told, flow.yaml:11
@node("told", timeout=10.0)
async def _told(ctx: Context, total: int) -> Any:
    return await request_json(ctx, "POST", f"{ctx.env.api}/told", None, json=total)


async def concurrency(ctx: Context) -> ConcurrencyOutput:
    """Run the workflow once; gives its output."""
    async with TaskGroup() as group:
        left_task = group.create_task(_left(ctx))
        right_task = group.create_task(_right(ctx))
    left = left_task.result()
    right = right_task.result()
    # total, flow.yaml:9
    total = left["value"] + right["value"]
    ctx.set_output("total", total)
    async with TaskGroup() as group:
        group.create_task(_saved(ctx, total))
        group.create_task(_told(ctx, total))
    return {"total": total}


CONCURRENCY = Workflow(
    name="concurrency",
    run=concurrency,
    input_type=ConcurrencyInput,
    output_type=ConcurrencyOutput,
    triggers=(HttpTrigger("POST", "/api/v1/concurrency/execute"),),
    description="Two nodes at the same time, then one that reads both, then two again.",
    visible=("left", "right", "total", "saved", "told"),
    graph={
        "nodes": [
            {"id": "left", "type": "http", "after": []},
            {"id": "right", "type": "http", "after": []},
            {"id": "total", "type": "set", "after": ["left", "right"]},
            {"id": "saved", "type": "http", "after": ["total"]},
            {"id": "told", "type": "http", "after": ["total"]},
        ]
    },
)
