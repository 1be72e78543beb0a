"""The workflow map_error_fail."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.convert import to_int
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class MapErrorFailInput(TypedDict):
    texts: list[str]


class MapErrorFailOutput(TypedDict):
    numbers: list[int]


Context = ExecutionContext[MapErrorFailInput, None, None]


async def map_error_fail(ctx: Context) -> MapErrorFailOutput:
    """Run the workflow once; gives its output."""
    # numbers, flow.yaml:5
    numbers: list[int] = []
    for text in ctx.input["texts"]:
        # number, flow.yaml:11
        number = to_int(text)
        numbers.append(number)
    ctx.set_output("numbers", numbers)
    return {"numbers": numbers}


MAP_ERROR_FAIL = Workflow(
    name="map_error_fail",
    run=map_error_fail,
    input_type=MapErrorFailInput,
    output_type=MapErrorFailOutput,
    triggers=(HttpTrigger("POST", "/api/v1/map_error_fail/execute"),),
    visible=("numbers",),
    graph={
        "nodes": [
            {"id": "numbers", "type": "map", "after": []},
            {"id": "number", "type": "set", "after": [], "inside": "numbers.each"},
        ]
    },
)
