"""if_any: Outputs of unknown type, with and without a condition."""

from typing import Any

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_json
from app.runtime.node import Retry, node
from app.runtime.values import coalesce, get, soft
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class IfAnyInput(TypedDict):
    deep: bool


class IfAnyOutput(TypedDict):
    title: Any
    size: Any


Context = ExecutionContext[IfAnyInput, Env, None]


# page, flow.yaml:7
@node("page", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _page(ctx: Context) -> Any:
    return await request_json(ctx, "GET", f"{ctx.env.api}/page", None)


# details, flow.yaml:8
@node("details", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _details(ctx: Context) -> Any:
    return await request_json(ctx, "GET", f"{ctx.env.api}/details", None)


async def if_any(ctx: Context) -> IfAnyOutput:
    """Run the workflow once; gives its output."""
    page = await _page(ctx)
    details: Any = None
    # details, flow.yaml:8
    if ctx.input["deep"] and get(page, "more"):
        details = await _details(ctx)
    return {"title": coalesce(soft(page, "title"), "untitled"), "size": coalesce(soft(details, "size"), 0)}


IF_ANY = Workflow(
    name="if_any",
    run=if_any,
    input_type=IfAnyInput,
    output_type=IfAnyOutput,
    triggers=(HttpTrigger("POST", "/api/v1/if_any/execute"),),
    description="Outputs of unknown type, with and without a condition.",
    visible=("page", "details"),
    graph={
        "nodes": [{"id": "page", "type": "http", "after": []}, {"id": "details", "type": "http", "after": ["page"]}]
    },
)
