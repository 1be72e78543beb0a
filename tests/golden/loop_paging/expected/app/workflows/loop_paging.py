"""The workflow loop_paging."""

from time import monotonic_ns

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_json
from app.runtime.node import Retry, node
from app.runtime.run_log import log_event
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class LoopPagingInput(TypedDict):
    """Nothing is needed."""


class LoopPagingOutput(TypedDict):
    items: list[str]


Context = ExecutionContext[LoopPagingInput, Env, None]


class Page(TypedDict):
    items: list[str]
    next: str | None


PAGE: TypeAdapter[Page] = TypeAdapter(Page)


class Pages(TypedDict):
    cursor: str
    items: list[str]
    more: bool


# page, flow.yaml:12
@node("page", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _page(ctx: Context, cursor: str) -> Page:
    return await request_json(ctx, "GET", f"{ctx.env.api}/items", PAGE, params={"cursor": cursor})


async def loop_paging(ctx: Context) -> LoopPagingOutput:
    """Run the workflow once; gives its output."""
    # pages, flow.yaml:6
    pages_started = monotonic_ns()
    cursor: str = "start"
    items: list[str] = []
    more: bool = True
    for _ in range(3):
        if not more:
            break
        page = await _page(ctx, cursor)
        cursor, items, more = (
            page["next"] if page["next"] is not None else "",
            items + page["items"],
            page["next"] is not None,
        )
    else:
        if more:
            log_event(ctx, "warning", "pages", "stopped after 3 rounds, its condition would go on")
    pages: Pages = {"cursor": cursor, "items": items, "more": more}
    ctx.finished("pages", pages, monotonic_ns() - pages_started)
    return {"items": pages["items"]}


LOOP_PAGING = Workflow(
    name="loop_paging",
    run=loop_paging,
    input_type=LoopPagingInput,
    output_type=LoopPagingOutput,
    triggers=(HttpTrigger("POST", "/api/v1/loop_paging/execute"),),
    visible=("pages",),
    graph={
        "nodes": [
            {"id": "pages", "type": "loop", "after": []},
            {"id": "page", "type": "http", "after": [], "inside": "pages.round"},
        ]
    },
)
