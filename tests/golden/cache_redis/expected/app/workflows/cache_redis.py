"""The workflow cache_redis."""

from functools import partial

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.connections import REDIS
from app.runtime.cache import cached
from app.runtime.cache_shared import cached_for_all
from app.runtime.context import ExecutionContext
from app.runtime.http import request_json, request_text
from app.runtime.node import Retry, node
from app.runtime.rate_limit_shared import SharedRateLimit
from app.runtime.tasks import TaskGroup
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env, Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class CacheRedisInput(TypedDict):
    city: str


class Weather(TypedDict):
    city: str
    degrees: int | float | None


class CacheRedisOutput(TypedDict):
    weather: Weather
    place: str


Context = ExecutionContext[CacheRedisInput, Env, Secrets]
WEATHER: TypeAdapter[Weather] = TypeAdapter(Weather)


# weather, flow.yaml:9
@node("weather", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _weather(ctx: Context) -> Weather:
    return await request_json(ctx, "GET", f"{ctx.env.api}/weather", WEATHER, params={"city": ctx.input["city"]})


# place, flow.yaml:14
@node("place", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _place(ctx: Context) -> str:
    return await request_text(ctx, "GET", f"{ctx.env.api}/place", params={"city": ctx.input["city"]})


async def cache_redis(ctx: Context) -> CacheRedisOutput:
    """Run the workflow once; gives its output."""
    async with TaskGroup() as group:
        # weather, flow.yaml:9
        weather_task = group.create_task(
            cached_for_all(
                ctx, REDIS, WEATHER, "weather", (ctx.input["city"].lower(),), 600.0, partial(_weather, ctx), errors=5.0
            )
        )
        # place, flow.yaml:14
        place_task = group.create_task(
            cached(ctx, "place", (ctx.input["city"],), 3600.0, partial(_place, ctx), max_entries=100)
        )
    weather = weather_task.result()
    place = place_task.result()
    return {"weather": weather, "place": place}


CACHE_REDIS = Workflow(
    name="cache_redis",
    run=cache_redis,
    input_type=CacheRedisInput,
    output_type=CacheRedisOutput,
    triggers=(
        HttpTrigger(
            "POST",
            "/api/v1/cache-redis/execute",
            rate_limit=SharedRateLimit("POST /api/v1/cache-redis/execute", 100, 60.0, REDIS),
        ),
    ),
    visible=("weather", "place"),
    graph={"nodes": [{"id": "weather", "type": "http", "after": []}, {"id": "place", "type": "http", "after": []}]},
)
