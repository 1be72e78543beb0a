"""greet: Greet somebody in their language."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.text import text
from app.runtime.values import get
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class GreetInput(TypedDict):
    name: Annotated[str, Field(min_length=1, max_length=80)]
    language: Annotated[Literal["en", "es", "de"], Field(default="en")]


class GreetOutput(TypedDict):
    text: str
    length: int


Context = ExecutionContext[GreetInput, None, None]


class Hello(TypedDict):
    en: str
    es: str
    de: str


HELLO: Hello = {"en": "Hello", "es": "Hola", "de": "Hallo"}


async def greet(ctx: Context) -> GreetOutput:
    """Run the workflow once; gives its output."""
    # greeting, flow.yaml:13
    greeting = f"{text(get(HELLO, ctx.input['language']))}, {ctx.input['name'].strip()}!"
    ctx.set_output("greeting", greeting)
    return {"text": greeting, "length": len(greeting)}


GREET = Workflow(
    name="greet",
    run=greet,
    input_type=GreetInput,
    output_type=GreetOutput,
    triggers=(HttpTrigger("POST", "/api/v1/greet/execute"),),
    description="Greet somebody in their language.",
    vars={"hello": HELLO},
    visible=("greeting",),
    graph={"nodes": [{"id": "greeting", "type": "set", "after": []}]},
)
