"""skip_and_join: What is skipped gives none; what depends on skipped nodes only is skipped, too."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.lists import compact
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class SkipAndJoinInput(TypedDict):
    a: bool
    b: bool


class SkipAndJoinOutput(TypedDict):
    after_left: str | None
    joined: list[str] | None
    asked: str | None


Context = ExecutionContext[SkipAndJoinInput, None, None]


async def skip_and_join(ctx: Context) -> SkipAndJoinOutput:
    """Run the workflow once; gives its output."""
    left: str | None = None
    # left, flow.yaml:6
    if ctx.input["a"]:
        left = "left"
        ctx.set_output("left", left)
    right: str | None = None
    # right, flow.yaml:7
    if ctx.input["b"]:
        right = "right"
        ctx.set_output("right", right)
    after_left: str | None = None
    if left is not None:
        # after_left, flow.yaml:8
        after_left = left
        ctx.set_output("after_left", after_left)
    joined: list[str] | None = None
    if left is not None or right is not None:
        # joined, flow.yaml:9
        joined = compact([left, right])
        ctx.set_output("joined", joined)
    asked: str | None = None
    # asked, flow.yaml:10
    if not ctx.input["a"]:
        asked = left if left is not None else "asked"
        ctx.set_output("asked", asked)
    return {"after_left": after_left, "joined": joined, "asked": asked}


SKIP_AND_JOIN = Workflow(
    name="skip_and_join",
    run=skip_and_join,
    input_type=SkipAndJoinInput,
    output_type=SkipAndJoinOutput,
    triggers=(HttpTrigger("POST", "/api/v1/skip_and_join/execute"),),
    description="What is skipped gives none; what depends on skipped nodes only is skipped, too.",
    visible=("left", "right", "after_left", "joined", "asked"),
    graph={
        "nodes": [
            {"id": "left", "type": "set", "after": []},
            {"id": "right", "type": "set", "after": []},
            {"id": "after_left", "type": "set", "after": ["left"]},
            {"id": "joined", "type": "set", "after": ["left", "right"]},
            {"id": "asked", "type": "set", "after": ["left"]},
        ]
    },
)
