"""greet: Say hello."""

from typing import Annotated

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.text import concat
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class GreetInput(TypedDict):
    name: Annotated[str, Field(min_length=1, description="Whom to greet.")]
    excited: Annotated[bool, Field(default=False)]


class GreetOutput(TypedDict):
    greeting: str


Context = ExecutionContext[GreetInput, None, None]


async def greet(ctx: Context) -> GreetOutput:
    """Run the workflow once; gives its output."""
    # greeting, flow.yaml:8
    greeting = concat("Hello ", ctx.input["name"], "!" if ctx.input["excited"] else ".")
    ctx.set_output("greeting", greeting)
    return {"greeting": greeting}


GREET = Workflow(
    name="greet",
    run=greet,
    input_type=GreetInput,
    output_type=GreetOutput,
    triggers=(HttpTrigger("POST", "/api/v1/greet/execute"),),
    description="Say hello.",
    visible=("greeting",),
    graph={"nodes": [{"id": "greeting", "type": "template", "after": []}]},
)
