"""The workflow map_error_skip."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.convert import to_int
from app.runtime.tasks import map_items
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class MapErrorSkipInput(TypedDict):
    texts: list[str]


class MapErrorSkipOutput(TypedDict):
    numbers: list[int]


Context = ExecutionContext[MapErrorSkipInput, None, None]


async def map_error_skip(ctx: Context) -> MapErrorSkipOutput:
    """Run the workflow once; gives its output."""

    # numbers, flow.yaml:5
    async def numbers_text(ctx: Context, text: str, index: int) -> int:
        # number, flow.yaml:11
        return to_int(text)

    numbers: list[int] = await map_items(ctx, ctx.input["texts"], numbers_text, on_item_error="skip")
    ctx.set_output("numbers", numbers)
    return {"numbers": numbers}


MAP_ERROR_SKIP = Workflow(
    name="map_error_skip",
    run=map_error_skip,
    input_type=MapErrorSkipInput,
    output_type=MapErrorSkipOutput,
    triggers=(HttpTrigger("POST", "/api/v1/map_error_skip/execute"),),
    visible=("numbers",),
    graph={
        "nodes": [
            {"id": "numbers", "type": "map", "after": []},
            {"id": "number", "type": "set", "after": [], "inside": "numbers.each"},
        ]
    },
)
