"""The workflow map_error_collect."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.convert import to_int
from app.runtime.tasks import Failed, map_items
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class MapErrorCollectInput(TypedDict):
    texts: list[str]


class MapErrorCollectNumbers(TypedDict):
    results: list[int]
    errors: list[Failed]


class MapErrorCollectOutput(TypedDict):
    numbers: MapErrorCollectNumbers


Context = ExecutionContext[MapErrorCollectInput, None, None]


async def map_error_collect(ctx: Context) -> MapErrorCollectOutput:
    """Run the workflow once; gives its output."""

    # numbers, flow.yaml:5
    async def numbers_text(ctx: Context, text: str, index: int) -> int:
        # number, flow.yaml:11
        return to_int(text)

    numbers: MapErrorCollectNumbers = await map_items(ctx, ctx.input["texts"], numbers_text, on_item_error="collect")
    ctx.set_output("numbers", numbers)
    return {"numbers": numbers}


MAP_ERROR_COLLECT = Workflow(
    name="map_error_collect",
    run=map_error_collect,
    input_type=MapErrorCollectInput,
    output_type=MapErrorCollectOutput,
    triggers=(HttpTrigger("POST", "/api/v1/map_error_collect/execute"),),
    visible=("numbers",),
    graph={
        "nodes": [
            {"id": "numbers", "type": "map", "after": []},
            {"id": "number", "type": "set", "after": [], "inside": "numbers.each"},
        ]
    },
)
