"""welcome_message: Word a welcome for one person or several."""

from typing import Annotated

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.values import get
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class WelcomeMessageInput(TypedDict):
    team: str
    names: Annotated[list[str], Field(min_length=1)]


class WelcomeMessageOutput(TypedDict):
    text: str


Context = ExecutionContext[WelcomeMessageInput, Env, None]


async def welcome_message(ctx: Context) -> WelcomeMessageOutput:
    """Run the workflow once; gives its output."""
    # who, welcome_message.yaml:10
    who: str
    if len(ctx.input["names"]) == 1:
        # one, welcome_message.yaml:14
        one = get(ctx.input["names"], 0)
        ctx.set_output("one", one)
        who = one
    else:
        # several, welcome_message.yaml:16
        several = f"{', '.join(ctx.input['names'][:-1])} and {get(ctx.input['names'], -1)}"
        ctx.set_output("several", several)
        who = several
    ctx.set_output("who", who)
    # text, welcome_message.yaml:19
    text = f"Welcome to {ctx.input['team']}, {who}!"
    ctx.set_output("text", text)
    return {"text": text}


WELCOME_MESSAGE = Workflow(
    name="welcome_message",
    run=welcome_message,
    input_type=WelcomeMessageInput,
    output_type=WelcomeMessageOutput,
    triggers=(HttpTrigger("POST", "/api/v1/welcome_message/execute"),),
    description="Word a welcome for one person or several.",
    timeout=30.0,
    visible=("who", "one", "several", "text"),
    graph={
        "nodes": [
            {"id": "who", "type": "switch", "after": []},
            {"id": "one", "type": "set", "after": [], "inside": "who.case 1"},
            {"id": "several", "type": "set", "after": [], "inside": "who.default"},
            {"id": "text", "type": "template", "after": ["who"]},
        ]
    },
)
