"""needs: An order without data."""

from typing import Any

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_json
from app.runtime.node import node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class NeedsInput(TypedDict):
    """Nothing is needed."""


class NeedsOutput(TypedDict):
    done: bool


Context = ExecutionContext[NeedsInput, Env, None]


# second, flow.yaml:6
@node("second", timeout=10.0)
async def _second(ctx: Context) -> Any:
    return await request_json(ctx, "POST", f"{ctx.env.api}/second", None)


# first, flow.yaml:7
@node("first", timeout=10.0)
async def _first(ctx: Context) -> Any:
    return await request_json(ctx, "POST", f"{ctx.env.api}/first", None)


async def needs(ctx: Context) -> NeedsOutput:
    """Run the workflow once; gives its output."""
    await _first(ctx)
    await _second(ctx)
    return {"done": True}


NEEDS = Workflow(
    name="needs",
    run=needs,
    input_type=NeedsInput,
    output_type=NeedsOutput,
    triggers=(HttpTrigger("POST", "/api/v1/needs/execute"),),
    description="An order without data.",
    visible=("first", "second"),
    graph={
        "nodes": [{"id": "first", "type": "http", "after": []}, {"id": "second", "type": "http", "after": ["first"]}]
    },
)
