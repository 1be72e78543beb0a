"""The workflow python."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.node import node
from app.runtime.python_call import call_async, call_in_thread
from app.runtime.workflow import HttpTrigger, Workflow
from lib.words import count, split


@with_config(ConfigDict(extra="forbid", strict=True))
class PythonInput(TypedDict):
    text: str


class PythonOutput(TypedDict):
    count: int
    first: str


Context = ExecutionContext[PythonInput, None, None]


class Counted(TypedDict):
    count: int


# words, flow.yaml:5
@node("words", timeout=30.0)
async def _words(ctx: Context) -> list[str]:
    return await call_in_thread(split, text=ctx.input["text"])


# counted, flow.yaml:6
@node("counted", timeout=30.0)
async def _counted(ctx: Context, words: list[str]) -> Counted:
    return await call_async(count, words=words)


async def python(ctx: Context) -> PythonOutput:
    """Run the workflow once; gives its output."""
    words = await _words(ctx)
    counted = await _counted(ctx, words)
    return {"count": counted["count"], "first": words[0] if words else "nothing"}


PYTHON = Workflow(
    name="python",
    run=python,
    input_type=PythonInput,
    output_type=PythonOutput,
    triggers=(HttpTrigger("POST", "/api/v1/python/execute"),),
    visible=("words", "counted"),
    graph={
        "nodes": [
            {"id": "words", "type": "python", "after": []},
            {"id": "counted", "type": "python", "after": ["words"]},
        ]
    },
)
