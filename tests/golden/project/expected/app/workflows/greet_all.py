"""The workflow greet_all."""

from time import monotonic_ns

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.calls import call
from app.runtime.context import ExecutionContext
from app.runtime.node import node
from app.runtime.tasks import map_items
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env, Secrets
from app.workflows.greet import GREET


@with_config(ConfigDict(extra="forbid", strict=True))
class GreetAllInput(TypedDict):
    names: list[str]


class GreetAllOutput(TypedDict):
    greetings: list[str]


Context = ExecutionContext[GreetAllInput, Env, Secrets]


class One(TypedDict):
    text: str


# one, greet_all.yaml:10
@node("one")
async def _one(ctx: Context, name: str) -> One:
    output: One = await call(ctx, GREET, {"name": name})
    return output


async def greet_all(ctx: Context) -> GreetAllOutput:
    """Run the workflow once; gives its output."""
    # all, greet_all.yaml:5
    all_started = monotonic_ns()

    async def all_name(ctx: Context, name: str, index: int) -> One:
        return await _one(ctx, name)

    all_: list[One] = await map_items(ctx, ctx.input["names"], all_name, concurrency=4)
    ctx.finished("all", all_, monotonic_ns() - all_started)
    return {"greetings": [g["text"] for g in all_]}


GREET_ALL = Workflow(
    name="greet_all",
    run=greet_all,
    input_type=GreetAllInput,
    output_type=GreetAllOutput,
    triggers=(HttpTrigger("POST", "/api/v1/greet_all/execute"),),
    vars={"greeting": "Hello"},
    visible=("all",),
    graph={
        "nodes": [
            {"id": "all", "type": "map", "after": []},
            {"id": "one", "type": "call", "after": [], "inside": "all.each"},
        ]
    },
)
