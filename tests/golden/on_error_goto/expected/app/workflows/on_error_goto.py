"""The workflow on_error_goto."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.errors import ErrorInfo, FlowError
from app.runtime.failures import as_failure
from app.runtime.http import request_text
from app.runtime.node import Retry, node, tolerate
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class OnErrorGotoInput(TypedDict):
    """Nothing is needed."""


class OnErrorGotoOutput(TypedDict):
    text: str | None


Context = ExecutionContext[OnErrorGotoInput, Env, None]


# fast, flow.yaml:5
@node("fast", timeout=10.0)
async def _fast(ctx: Context) -> str:
    return await request_text(ctx, "GET", f"{ctx.env.api}/fast")


# slow, flow.yaml:6
@node("slow", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _slow(ctx: Context) -> str:
    return await request_text(ctx, "GET", f"{ctx.env.api}/slow")


async def on_error_goto(ctx: Context) -> OnErrorGotoOutput:
    """Run the workflow once; gives its output."""
    fast_error: ErrorInfo | None = None
    fast: str | None = None
    try:
        fast = await _fast(ctx)
    except FlowError as error:
        tolerate(ctx, "fast", error)
        fast_error = as_failure(error, "fast").describe()
    slow: str | None = None
    if fast_error is not None:
        slow = await _slow(ctx)
    return {"text": fast if fast is not None else slow}


ON_ERROR_GOTO = Workflow(
    name="on_error_goto",
    run=on_error_goto,
    input_type=OnErrorGotoInput,
    output_type=OnErrorGotoOutput,
    triggers=(HttpTrigger("POST", "/api/v1/on_error_goto/execute"),),
    visible=("fast", "slow"),
    graph={"nodes": [{"id": "fast", "type": "http", "after": []}, {"id": "slow", "type": "http", "after": ["fast"]}]},
)
