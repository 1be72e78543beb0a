"""The workflow retry."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_text
from app.runtime.node import Retry, node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class RetryInput(TypedDict):
    """Nothing is needed."""


class RetryOutput(TypedDict):
    text: str


Context = ExecutionContext[RetryInput, Env, None]


# read, flow.yaml:8
@node("read", retry=Retry(max_attempts=3, delay=0.1, max_delay=1.0), timeout=5.0)
async def _read(ctx: Context) -> str:
    return await request_text(ctx, "GET", f"{ctx.env.api}/read")


# write, flow.yaml:9
@node("write", retry=Retry(max_attempts=2, delay=0.05, max_delay=5.0, backoff="constant", errors=("409",)), timeout=2.0)
async def _write(ctx: Context) -> str:
    return await request_text(ctx, "POST", f"{ctx.env.api}/write")


async def retry(ctx: Context) -> RetryOutput:
    """Run the workflow once; gives its output."""
    read = await _read(ctx)
    write = await _write(ctx)
    return {"text": f"{read}{write}"}


RETRY = Workflow(
    name="retry",
    run=retry,
    input_type=RetryInput,
    output_type=RetryOutput,
    triggers=(HttpTrigger("POST", "/api/v1/retry/execute"),),
    visible=("read", "write"),
    graph={"nodes": [{"id": "read", "type": "http", "after": []}, {"id": "write", "type": "http", "after": ["read"]}]},
)
