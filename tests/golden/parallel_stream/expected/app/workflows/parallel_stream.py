"""The workflow parallel_stream."""

from time import monotonic_ns

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_json
from app.runtime.node import Retry, node
from app.runtime.sse import EventStream
from app.runtime.tasks import TaskGroup
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class ParallelStreamInput(TypedDict):
    """Nothing is needed."""


class Number(TypedDict):
    value: int


class ParallelStreamBoth(TypedDict):
    one: Number
    two: int


class ParallelStreamOutput(TypedDict):
    both: ParallelStreamBoth


Context = ExecutionContext[ParallelStreamInput, Env, None]
NUMBER: TypeAdapter[Number] = TypeAdapter(Number)


# get_one, flow.yaml:10
@node("get_one", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _get_one(ctx: Context) -> Number:
    return await request_json(ctx, "GET", f"{ctx.env.api}/one", NUMBER)


# get_two, flow.yaml:12
@node("get_two", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _get_two(ctx: Context) -> Number:
    return await request_json(ctx, "GET", f"{ctx.env.api}/two", NUMBER)


async def parallel_stream(ctx: Context) -> ParallelStreamOutput:
    """Run the workflow once; gives its output."""
    # both, flow.yaml:6
    both_started = monotonic_ns()

    async def both_one(ctx: Context) -> Number:
        branch_started = monotonic_ns()
        get_one = await _get_one(ctx)
        ctx.finished("both.one", get_one, monotonic_ns() - branch_started)
        return get_one

    async def both_two(ctx: Context) -> int:
        branch_started = monotonic_ns()
        get_two = await _get_two(ctx)
        # doubled, flow.yaml:13
        doubled = get_two["value"] * 2
        ctx.set_output("doubled", doubled)
        ctx.finished("both.two", doubled, monotonic_ns() - branch_started)
        return doubled

    async with TaskGroup() as group:
        both_one_task = group.create_task(both_one(ctx.clone()))
        both_two_task = group.create_task(both_two(ctx.clone()))
    both: ParallelStreamBoth = {"one": both_one_task.result(), "two": both_two_task.result()}
    ctx.finished("both", both, monotonic_ns() - both_started)
    return {"both": both}


PARALLEL_STREAM = Workflow(
    name="parallel_stream",
    run=parallel_stream,
    input_type=ParallelStreamInput,
    output_type=ParallelStreamOutput,
    triggers=(HttpTrigger("POST", "/api/v1/parallel_stream/execute"),),
    stream=EventStream(),
    visible=("both", "both.one", "get_one", "both.two", "get_two", "doubled"),
    graph={
        "nodes": [
            {"id": "both", "type": "parallel", "after": []},
            {"id": "get_one", "type": "http", "after": [], "inside": "both.one"},
            {"id": "get_two", "type": "http", "after": [], "inside": "both.two"},
            {"id": "doubled", "type": "set", "after": ["get_two"], "inside": "both.two"},
        ]
    },
)
