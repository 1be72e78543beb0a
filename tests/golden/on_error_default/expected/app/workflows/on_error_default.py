"""The workflow on_error_default."""

from typing import Literal

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.errors import ErrorInfo, FlowError
from app.runtime.failures import as_failure
from app.runtime.http import request_json
from app.runtime.node import node, tolerate
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class OnErrorDefaultInput(TypedDict):
    """Nothing is needed."""


class OnErrorDefaultOutput(TypedDict):
    extras: int
    state: Literal["ok", "error", "skipped"]
    why: str


Context = ExecutionContext[OnErrorDefaultInput, Env, None]
STR_LIST: TypeAdapter[list[str]] = TypeAdapter(list[str])


# extras, flow.yaml:5
@node("extras", timeout=10.0)
async def _extras(ctx: Context) -> list[str]:
    return await request_json(ctx, "GET", f"{ctx.env.api}/extras", STR_LIST)


async def on_error_default(ctx: Context) -> OnErrorDefaultOutput:
    """Run the workflow once; gives its output."""
    try:
        # lengths, flow.yaml:6
        lengths: list[int] | None
        lengths = []
        for item in ["a", "bc"]:
            # length_of, flow.yaml:10
            length_of = len(item)
            lengths.append(length_of)
        ctx.set_output("lengths", lengths)
    except Exception as error:
        tolerate(ctx, "lengths", error)
        lengths = None
        ctx.set_output("lengths", lengths)
    # last, flow.yaml:11
    ctx.set_output("last", "done")
    extras_error: ErrorInfo | None = None
    extras: list[str]
    try:
        extras = await _extras(ctx)
    except FlowError as error:
        tolerate(ctx, "extras", error)
        extras_error = as_failure(error, "extras").describe()
        extras = []
        ctx.set_output("extras", extras)
    return {
        "extras": len(extras),
        "state": "error" if extras_error is not None else "ok",
        "why": extras_error["kind"] if extras_error is not None else "",
    }


ON_ERROR_DEFAULT = Workflow(
    name="on_error_default",
    run=on_error_default,
    input_type=OnErrorDefaultInput,
    output_type=OnErrorDefaultOutput,
    triggers=(HttpTrigger("POST", "/api/v1/on_error_default/execute"),),
    visible=("extras", "lengths", "last"),
    graph={
        "nodes": [
            {"id": "extras", "type": "http", "after": []},
            {"id": "lengths", "type": "map", "after": []},
            {"id": "length_of", "type": "set", "after": [], "inside": "lengths.each"},
            {"id": "last", "type": "set", "after": ["lengths"]},
        ]
    },
)
