"""The workflow lib_cached."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.node import node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets
from lib.rates import rate


@with_config(ConfigDict(extra="forbid", strict=True))
class LibCachedInput(TypedDict):
    country: str


class LibCachedFirst(TypedDict):
    country: str
    asked: int


class LibCachedOutput(TypedDict):
    first: LibCachedFirst
    second: LibCachedFirst


Context = ExecutionContext[LibCachedInput, None, Secrets]


# first, flow.yaml:6
@node("first", timeout=30.0)
async def _first(ctx: Context) -> LibCachedFirst:
    return await rate(country=ctx.input["country"])


# second, flow.yaml:7
@node("second", timeout=30.0)
async def _second(ctx: Context) -> LibCachedFirst:
    return await rate(country=ctx.input["country"])


async def lib_cached(ctx: Context) -> LibCachedOutput:
    """Run the workflow once; gives its output."""
    first = await _first(ctx)
    second = await _second(ctx)
    return {"first": first, "second": second}


LIB_CACHED = Workflow(
    name="lib_cached",
    run=lib_cached,
    input_type=LibCachedInput,
    output_type=LibCachedOutput,
    triggers=(HttpTrigger("POST", "/api/v1/lib_cached/execute"),),
    visible=("first", "second"),
    graph={
        "nodes": [
            {"id": "first", "type": "python", "after": []},
            {"id": "second", "type": "python", "after": ["first"]},
        ]
    },
)
