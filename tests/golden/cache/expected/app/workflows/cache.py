"""The workflow cache."""

from functools import partial

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.cache import cached
from app.runtime.context import ExecutionContext
from app.runtime.http import request_text
from app.runtime.node import Retry, node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class CacheInput(TypedDict):
    city: str


class CacheOutput(TypedDict):
    weather: str


Context = ExecutionContext[CacheInput, Env, None]


# weather, flow.yaml:6
@node("weather", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _weather(ctx: Context) -> str:
    return await request_text(ctx, "GET", f"{ctx.env.api}/weather", params={"city": ctx.input["city"]})


async def cache(ctx: Context) -> CacheOutput:
    """Run the workflow once; gives its output."""
    # weather, flow.yaml:6
    weather = await cached(ctx, "weather", (ctx.input["city"].lower(),), 600.0, partial(_weather, ctx))
    return {"weather": weather}


CACHE = Workflow(
    name="cache",
    run=cache,
    input_type=CacheInput,
    output_type=CacheOutput,
    triggers=(HttpTrigger("POST", "/api/v1/cache/execute"),),
    visible=("weather",),
    graph={"nodes": [{"id": "weather", "type": "http", "after": []}]},
)
