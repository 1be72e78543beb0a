"""The workflow polite."""

from typing import Annotated

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class PoliteInput(TypedDict):
    name: str
    title: Annotated[str, Field(default="Dear")]


class PoliteOutput(TypedDict):
    text: str


Context = ExecutionContext[PoliteInput, None, None]


async def polite(ctx: Context) -> PoliteOutput:
    """Run the workflow once; gives its output."""
    # text, polite.yaml:5
    text = f"{ctx.input['title']} {ctx.input['name']}"
    ctx.set_output("text", text)
    return {"text": text}


POLITE = Workflow(
    name="polite",
    run=polite,
    input_type=PoliteInput,
    output_type=PoliteOutput,
    triggers=(HttpTrigger("POST", "/api/v1/polite/execute"),),
    visible=("text",),
    graph={"nodes": [{"id": "text", "type": "template", "after": []}]},
)
