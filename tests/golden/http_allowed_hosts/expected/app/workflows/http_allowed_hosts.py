"""The workflow http_allowed_hosts."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_text
from app.runtime.http_guard import allowed_hosts
from app.runtime.node import Retry, node
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class HttpAllowedHostsInput(TypedDict):
    host: str


class HttpAllowedHostsOutput(TypedDict):
    page: str


Context = ExecutionContext[HttpAllowedHostsInput, None, None]


# page, flow.yaml:5
@node("page", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _page(ctx: Context) -> str:
    return await request_text(
        ctx, "GET", f"https://{ctx.input['host']}/status", allow_hosts=allowed_hosts("api.example.com", "*.example.org")
    )


async def http_allowed_hosts(ctx: Context) -> HttpAllowedHostsOutput:
    """Run the workflow once; gives its output."""
    page = await _page(ctx)
    return {"page": page}


HTTP_ALLOWED_HOSTS = Workflow(
    name="http_allowed_hosts",
    run=http_allowed_hosts,
    input_type=HttpAllowedHostsInput,
    output_type=HttpAllowedHostsOutput,
    triggers=(HttpTrigger("POST", "/api/v1/http_allowed_hosts/execute"),),
    visible=("page",),
    graph={"nodes": [{"id": "page", "type": "http", "after": []}]},
)
