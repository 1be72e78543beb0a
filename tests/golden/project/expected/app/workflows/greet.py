"""The workflow greet."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env, Secrets

GREETING = "Hello"


@with_config(ConfigDict(extra="forbid", strict=True))
class GreetInput(TypedDict):
    name: str


class GreetOutput(TypedDict):
    text: str


Context = ExecutionContext[GreetInput, Env, Secrets]


async def greet(ctx: Context) -> GreetOutput:
    """Run the workflow once; gives its output."""
    # text, greet.yaml:5
    text = f"{GREETING} {ctx.input['name']}."
    ctx.set_output("text", text)
    return {"text": text}


GREET = Workflow(
    name="greet",
    run=greet,
    input_type=GreetInput,
    output_type=GreetOutput,
    triggers=(HttpTrigger("POST", "/api/v1/greet/execute"),),
    vars={"greeting": GREETING},
    visible=("text",),
    graph={"nodes": [{"id": "text", "type": "template", "after": []}]},
)
