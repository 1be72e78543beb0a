"""The workflow parallel_race."""

from time import monotonic_ns

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_json
from app.runtime.node import Retry, node
from app.runtime.tasks import Branch, race
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class ParallelRaceInput(TypedDict):
    """Nothing is needed."""


class ParallelRaceOutput(TypedDict):
    winner: str


Context = ExecutionContext[ParallelRaceInput, Env, None]


class Number(TypedDict):
    value: int


NUMBER: TypeAdapter[Number] = TypeAdapter(Number)


class Both(TypedDict):
    branch: str
    output: Number | int


# get_one, flow.yaml:10
@node("get_one", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _get_one(ctx: Context) -> Number:
    return await request_json(ctx, "GET", f"{ctx.env.api}/one", NUMBER)


# get_two, flow.yaml:12
@node("get_two", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _get_two(ctx: Context) -> Number:
    return await request_json(ctx, "GET", f"{ctx.env.api}/two", NUMBER)


async def parallel_race(ctx: Context) -> ParallelRaceOutput:
    """Run the workflow once; gives its output."""
    # both, flow.yaml:6
    both_started = monotonic_ns()

    async def both_one(ctx: Context) -> Number:
        return await _get_one(ctx)

    async def both_two(ctx: Context) -> int:
        get_two = await _get_two(ctx)
        # doubled, flow.yaml:13
        doubled = get_two["value"] * 2
        ctx.set_output("doubled", doubled)
        return doubled

    both_branches: dict[str, Branch[Number | int]] = {
        "one": lambda: both_one(ctx.clone()),
        "two": lambda: both_two(ctx.clone()),
    }
    both: Both = await race(both_branches)
    ctx.finished("both", both, monotonic_ns() - both_started)
    return {"winner": both["branch"]}


PARALLEL_RACE = Workflow(
    name="parallel_race",
    run=parallel_race,
    input_type=ParallelRaceInput,
    output_type=ParallelRaceOutput,
    triggers=(HttpTrigger("POST", "/api/v1/parallel_race/execute"),),
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
