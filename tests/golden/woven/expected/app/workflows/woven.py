"""woven: c waits for a and b, d for b only; neither waits for the other's reasons."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_text
from app.runtime.node import Retry, node
from app.runtime.tasks import TaskGroup
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class WovenInput(TypedDict):
    """Nothing is needed."""


class WovenOutput(TypedDict):
    c: str
    d: str


Context = ExecutionContext[WovenInput, Env, None]


# a, flow.yaml:6
@node("a", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _a(ctx: Context) -> str:
    return await request_text(ctx, "GET", f"{ctx.env.api}/a")


# b, flow.yaml:7
@node("b", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _b(ctx: Context) -> str:
    return await request_text(ctx, "GET", f"{ctx.env.api}/b")


# c, flow.yaml:8
@node("c", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _c(ctx: Context, a: str, b: str) -> str:
    return await request_text(ctx, "GET", f"{ctx.env.api}/c", params={"q": f"{a}{b}"})


# d, flow.yaml:9
@node("d", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _d(ctx: Context, b: str) -> str:
    return await request_text(ctx, "GET", f"{ctx.env.api}/d", params={"q": b})


async def woven(ctx: Context) -> WovenOutput:
    """Run the workflow once; gives its output."""
    async with TaskGroup() as group:
        a_task = group.create_task(_a(ctx))
        b_task = group.create_task(_b(ctx))

        async def run_c() -> str:
            a = await a_task
            b = await b_task
            return await _c(ctx, a, b)

        c_task = group.create_task(run_c())

        async def run_d() -> str:
            b = await b_task
            return await _d(ctx, b)

        d_task = group.create_task(run_d())
    c = c_task.result()
    d = d_task.result()
    return {"c": c, "d": d}


WOVEN = Workflow(
    name="woven",
    run=woven,
    input_type=WovenInput,
    output_type=WovenOutput,
    triggers=(HttpTrigger("POST", "/api/v1/woven/execute"),),
    description="c waits for a and b, d for b only; neither waits for the other's reasons.",
    visible=("a", "b", "c", "d"),
    graph={
        "nodes": [
            {"id": "a", "type": "http", "after": []},
            {"id": "b", "type": "http", "after": []},
            {"id": "c", "type": "http", "after": ["a", "b"]},
            {"id": "d", "type": "http", "after": ["b"]},
        ]
    },
)
