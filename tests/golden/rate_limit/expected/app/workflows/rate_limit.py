"""The workflow rate_limit."""

from typing import Annotated

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.connections import REDIS
from app.runtime.context import ExecutionContext
from app.runtime.node import node
from app.runtime.rate_limiter import Passage, limit_of, pass_limit
from app.runtime.store import Limit
from app.runtime.tasks import TaskGroup
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class RateLimitInput(TypedDict):
    user: str
    mode: str
    most: Annotated[int, Field(default=2)]


class RateLimitOutput(TypedDict):
    paced: bool
    allowed: bool
    later: bool
    strict: bool


Context = ExecutionContext[RateLimitInput, None, None]


# paced, flow.yaml:5
@node("paced")
async def _paced(ctx: Context) -> Passage:
    return await pass_limit(ctx, REDIS, Limit("crm", 1, 0.001), longest_wait=5.0)


# asked, flow.yaml:6
@node("asked")
async def _asked(ctx: Context) -> Passage:
    return await pass_limit(
        ctx, REDIS, Limit(f"told:{ctx.input['user']}", 1, 3600.0), longest_wait=0.0, tell=True, open_when_down=True
    )


# strict, flow.yaml:9
@node("strict")
async def _strict(ctx: Context) -> Passage:
    return await pass_limit(
        ctx, REDIS, limit_of(f"strict:{ctx.input['user']}", ctx.input["most"], 3600.0), longest_wait=0.0
    )


# short, flow.yaml:13
@node("short")
async def _short(ctx: Context) -> Passage:
    return await pass_limit(ctx, REDIS, Limit(f"{ctx.workflow}.short", 1, 3600.0), longest_wait=1.0)


async def rate_limit(ctx: Context) -> RateLimitOutput:
    """Run the workflow once; gives its output."""

    async def run_strict() -> Passage | None:
        strict: Passage | None = None
        # strict, flow.yaml:9
        if ctx.input["mode"] == "strict":
            strict = await _strict(ctx)
        return strict

    async def run_short() -> None:
        # short, flow.yaml:13
        if ctx.input["mode"] == "short":
            await _short(ctx)

    async with TaskGroup() as group:
        paced_task = group.create_task(_paced(ctx))
        asked_task = group.create_task(_asked(ctx))
        strict_task = group.create_task(run_strict())
        group.create_task(run_short())
    paced = paced_task.result()
    asked = asked_task.result()
    strict = strict_task.result()
    return {
        "paced": paced["allowed"],
        "allowed": asked["allowed"],
        "later": asked["retry_after_ms"] > 3000000,
        "strict": strict["allowed"] if strict is not None else False,
    }


RATE_LIMIT = Workflow(
    name="rate_limit",
    run=rate_limit,
    input_type=RateLimitInput,
    output_type=RateLimitOutput,
    triggers=(HttpTrigger("POST", "/api/v1/rate_limit/execute"),),
    visible=("paced", "asked", "strict", "short"),
    graph={
        "nodes": [
            {"id": "paced", "type": "rate_limit", "after": []},
            {"id": "asked", "type": "rate_limit", "after": []},
            {"id": "strict", "type": "rate_limit", "after": []},
            {"id": "short", "type": "rate_limit", "after": []},
        ]
    },
)
