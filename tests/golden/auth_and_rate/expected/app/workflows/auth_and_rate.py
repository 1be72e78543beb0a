"""The workflow auth_and_rate."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.auth import ApiKey, Basic, Bearer
from app.runtime.context import ExecutionContext
from app.runtime.rate_limit import RateLimit
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class AuthAndRateInput(TypedDict):
    """Nothing is needed."""


class AuthAndRateOutput(TypedDict):
    state: str


Context = ExecutionContext[AuthAndRateInput, None, Secrets]


async def auth_and_rate(ctx: Context) -> AuthAndRateOutput:
    """Run the workflow once; gives its output."""
    # ok, flow.yaml:9
    ok = "ok"
    ctx.set_output("ok", ok)
    return {"state": ok}


AUTH_AND_RATE = Workflow(
    name="auth_and_rate",
    run=auth_and_rate,
    input_type=AuthAndRateInput,
    output_type=AuthAndRateOutput,
    triggers=(
        HttpTrigger(
            "POST",
            "/keyed",
            auth=ApiKey(lambda secrets: secrets.api_keys, header="X-Key"),
            rate_limit=RateLimit(2, 60.0),
        ),
        HttpTrigger("POST", "/signed", auth=Bearer(lambda secrets: secrets.bearer_token)),
        HttpTrigger(
            "POST",
            "/basic",
            auth=Basic(user=lambda secrets: secrets.basic_user, password=lambda secrets: secrets.basic_password),
        ),
    ),
    visible=("ok",),
    graph={"nodes": [{"id": "ok", "type": "set", "after": []}]},
)
