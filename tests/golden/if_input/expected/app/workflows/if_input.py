"""if_input: What a condition finds in the input is known to be there below it, in line and in functions of their own."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_json, segment
from app.runtime.node import Retry, node
from app.runtime.values import present, soft
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class IfInputInput(TypedDict):
    nick: Annotated[str | None, Field(default=None)]
    limit: Annotated[int | None, Field(default=None)]


class IfInputOutput(TypedDict):
    shout: str
    name: Any
    size: int


Context = ExecutionContext[IfInputInput, Env, None]


# person, flow.yaml:13
@node("person", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _person(ctx: Context) -> Any:
    return await request_json(
        ctx,
        "GET",
        f"{ctx.env.api}/people/{segment(present(ctx.input['nick']))}",
        None,
        params={"limit": present(ctx.input["limit"]) + 1},
    )


async def if_input(ctx: Context) -> IfInputOutput:
    """Run the workflow once; gives its output."""
    shout: str | None = None
    # shout, flow.yaml:9
    if ctx.input["nick"] is not None:
        shout = ctx.input["nick"].upper()
        ctx.set_output("shout", shout)
    # size, flow.yaml:19
    size: int
    if ctx.input["limit"] is not None and ctx.input["limit"] > 9:
        # large, flow.yaml:23
        large = ctx.input["limit"] * 2
        ctx.set_output("large", large)
        size = large
    else:
        # small, flow.yaml:24
        small = ctx.input["limit"] if ctx.input["limit"] is not None else 0
        ctx.set_output("small", small)
        size = small
    ctx.set_output("size", size)
    person: Any = None
    # person, flow.yaml:13
    if ctx.input["nick"] is not None and ctx.input["limit"]:
        person = await _person(ctx)
    return {"shout": shout if shout is not None else "-", "name": soft(person, "name"), "size": size}


IF_INPUT = Workflow(
    name="if_input",
    run=if_input,
    input_type=IfInputInput,
    output_type=IfInputOutput,
    triggers=(HttpTrigger("POST", "/api/v1/if_input/execute"),),
    description="What a condition finds in the input is known to be there below it, in line and in functions of their own.",
    visible=("shout", "person", "size", "large", "small"),
    graph={
        "nodes": [
            {"id": "shout", "type": "set", "after": []},
            {"id": "person", "type": "http", "after": []},
            {"id": "size", "type": "switch", "after": []},
            {"id": "large", "type": "set", "after": [], "inside": "size.case 1"},
            {"id": "small", "type": "set", "after": [], "inside": "size.default"},
        ]
    },
)
