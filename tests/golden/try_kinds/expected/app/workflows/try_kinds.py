"""The workflow try_kinds."""

from time import monotonic_ns

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.failures import as_failure, matches
from app.runtime.http import request_text
from app.runtime.node import node, tolerate
from app.runtime.run_log import log_node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class TryKindsInput(TypedDict):
    """Nothing is needed."""


class TryKindsOutput(TypedDict):
    text: str


Context = ExecutionContext[TryKindsInput, Env, None]


# ask, flow.yaml:8
@node("ask", timeout=10.0)
async def _ask(ctx: Context) -> str:
    return await request_text(ctx, "GET", f"{ctx.env.api}/text")


async def try_kinds(ctx: Context) -> TryKindsOutput:
    """Run the workflow once; gives its output."""
    # text, flow.yaml:5
    text_started = monotonic_ns()
    text: str
    try:
        text = await _ask(ctx)
    except Exception as error:
        if matches(error, ("timeout", "connection")):
            err = as_failure(error).describe()
            # gone, flow.yaml:12
            gone = f"no answer: {err['kind']}"
            ctx.set_output("gone", gone)
            text = gone
        elif matches(error, ("404",)):
            tolerate(ctx, "text", error)
            # missing, flow.yaml:14
            missing = "nothing there"
            ctx.set_output("missing", missing)
            text = missing
        elif matches(error, ("5xx",)):
            err = as_failure(error).describe()
            # broken, flow.yaml:17
            broken = f"broken: {err['status']}"
            ctx.set_output("broken", broken)
            text = broken
        else:
            raise
    finally:
        # note, flow.yaml:19
        log_node(ctx, "info", "note", "asked")
    ctx.finished("text", text, monotonic_ns() - text_started)
    return {"text": text}


TRY_KINDS = Workflow(
    name="try_kinds",
    run=try_kinds,
    input_type=TryKindsInput,
    output_type=TryKindsOutput,
    triggers=(HttpTrigger("POST", "/api/v1/try_kinds/execute"),),
    visible=("text", "ask", "gone", "missing", "broken"),
    graph={
        "nodes": [
            {"id": "text", "type": "try", "after": []},
            {"id": "ask", "type": "http", "after": [], "inside": "text.do"},
            {"id": "gone", "type": "set", "after": [], "inside": "text.catch timeout, connection"},
            {"id": "missing", "type": "set", "after": [], "inside": "text.catch 404"},
            {"id": "broken", "type": "set", "after": [], "inside": "text.catch 5xx"},
            {"id": "note", "type": "log", "after": [], "inside": "text.finally"},
        ]
    },
)
