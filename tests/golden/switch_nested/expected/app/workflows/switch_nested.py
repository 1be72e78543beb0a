"""The workflow switch_nested."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.reply import Reply
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class SwitchNestedInput(TypedDict):
    kind: str
    size: int


class SwitchNestedOutput(TypedDict):
    text: str


Context = ExecutionContext[SwitchNestedInput, None, None]


async def switch_nested(ctx: Context) -> SwitchNestedOutput | Reply:
    """Run the workflow once; gives its output, or an answer of its own."""
    # outer, flow.yaml:5
    outer: str
    if ctx.input["kind"] == "box":
        # inner, flow.yaml:10
        inner: str
        if ctx.input["size"] > 10:
            # refuse, flow.yaml:14
            return Reply({"detail": "too big"}, status=409)
        else:
            # fits, flow.yaml:15
            fits = "fits"
            ctx.set_output("fits", fits)
            inner = fits
        ctx.set_output("inner", inner)
        outer = inner
    else:
        # other, flow.yaml:16
        other = "not a box"
        ctx.set_output("other", other)
        outer = other
    ctx.set_output("outer", outer)
    # after, flow.yaml:17
    after = f"It {outer}."
    ctx.set_output("after", after)
    return {"text": after}


SWITCH_NESTED = Workflow(
    name="switch_nested",
    run=switch_nested,
    input_type=SwitchNestedInput,
    output_type=SwitchNestedOutput,
    triggers=(HttpTrigger("POST", "/api/v1/switch_nested/execute"),),
    visible=("outer", "inner", "fits", "other", "after"),
    graph={
        "nodes": [
            {"id": "outer", "type": "switch", "after": []},
            {"id": "inner", "type": "switch", "after": [], "inside": "outer.case 1"},
            {"id": "refuse", "type": "respond", "after": [], "inside": "inner.case 1"},
            {"id": "fits", "type": "set", "after": [], "inside": "inner.default"},
            {"id": "other", "type": "set", "after": [], "inside": "outer.default"},
            {"id": "after", "type": "template", "after": ["outer"]},
        ]
    },
)
