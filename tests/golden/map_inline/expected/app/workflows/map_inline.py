"""The workflow map_inline."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.workflow import HttpTrigger, Workflow


class Item(TypedDict):
    title: str
    price: int | float


@with_config(ConfigDict(extra="forbid", strict=True))
class MapInlineInput(TypedDict):
    items: list[Item]


class MapInlineOutput(TypedDict):
    lines: list[str]


Context = ExecutionContext[MapInlineInput, None, None]


async def map_inline(ctx: Context) -> MapInlineOutput:
    """Run the workflow once; gives its output."""
    # lines, flow.yaml:6
    lines: list[str] = []
    for number, item in enumerate(ctx.input["items"]):
        # taxed, flow.yaml:12
        taxed: int | float = item["price"] * 1.5
        # line, flow.yaml:13
        line = f"{number + 1}. {item['title']}: {taxed}"
        lines.append(line)
    ctx.set_output("lines", lines)
    return {"lines": lines}


MAP_INLINE = Workflow(
    name="map_inline",
    run=map_inline,
    input_type=MapInlineInput,
    output_type=MapInlineOutput,
    triggers=(HttpTrigger("POST", "/api/v1/map_inline/execute"),),
    visible=("lines",),
    graph={
        "nodes": [
            {"id": "lines", "type": "map", "after": []},
            {"id": "taxed", "type": "set", "after": [], "inside": "lines.each"},
            {"id": "line", "type": "template", "after": ["taxed"], "inside": "lines.each"},
        ]
    },
)
