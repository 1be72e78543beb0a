"""The workflow vars_env_secrets."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import header_value, request_text, segment
from app.runtime.node import Retry, node
from app.runtime.values import get
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env, Secrets

GREETING = "Hello"


@with_config(ConfigDict(extra="forbid", strict=True))
class VarsEnvSecretsInput(TypedDict):
    """Nothing is needed."""


class VarsEnvSecretsOutput(TypedDict):
    text: str
    limit: int


Context = ExecutionContext[VarsEnvSecretsInput, Env, Secrets]
NAMES: list[str] = ["ada", "bo"]


class Limits(TypedDict):
    small: int
    big: int


LIMITS: Limits = {"small": 3, "big": 9}


# call, flow.yaml:9
@node("call", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _call(ctx: Context) -> str:
    return await request_text(
        ctx,
        "GET",
        f"{ctx.env.api_url}/{segment(ctx.env.region)}",
        headers={"Authorization": header_value(f"Token {ctx.secrets.api_token.get_secret_value()}")},
    )


async def vars_env_secrets(ctx: Context) -> VarsEnvSecretsOutput:
    """Run the workflow once; gives its output."""
    call = await _call(ctx)
    return {"text": f"{GREETING} {get(NAMES, 1)}: {call}", "limit": LIMITS["big"] - LIMITS["small"]}


VARS_ENV_SECRETS = Workflow(
    name="vars_env_secrets",
    run=vars_env_secrets,
    input_type=VarsEnvSecretsInput,
    output_type=VarsEnvSecretsOutput,
    triggers=(HttpTrigger("POST", "/api/v1/vars_env_secrets/execute"),),
    vars={"limits": LIMITS, "names": NAMES, "greeting": GREETING},
    visible=("call",),
    graph={"nodes": [{"id": "call", "type": "http", "after": []}]},
)
