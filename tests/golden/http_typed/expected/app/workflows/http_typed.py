"""The workflow http_typed."""

from typing import NotRequired

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_json
from app.runtime.node import Retry, node
from app.runtime.ordering import unique
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class HttpTypedInput(TypedDict):
    """Nothing is needed."""


class HttpTypedOutput(TypedDict):
    cities: list[str]
    tags: list[str]


Context = ExecutionContext[HttpTypedInput, Env, None]


class Address(TypedDict):
    city: str
    zip: str | None


class Person(TypedDict):
    name: str
    address: Address
    tags: NotRequired[list[str]]


PERSON_LIST: TypeAdapter[list[Person]] = TypeAdapter(list[Person])


# people, flow.yaml:8
@node("people", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _people(ctx: Context) -> list[Person]:
    return await request_json(ctx, "GET", f"{ctx.env.api}/people", PERSON_LIST)


async def http_typed(ctx: Context) -> HttpTypedOutput:
    """Run the workflow once; gives its output."""
    people = await _people(ctx)
    return {
        "cities": sorted(unique([p["address"]["city"] for p in people]), key=str.lower),
        "tags": [item for group in [p.get("tags", []) for p in people] for item in group],
    }


HTTP_TYPED = Workflow(
    name="http_typed",
    run=http_typed,
    input_type=HttpTypedInput,
    output_type=HttpTypedOutput,
    triggers=(HttpTrigger("POST", "/api/v1/http_typed/execute"),),
    visible=("people",),
    graph={"nodes": [{"id": "people", "type": "http", "after": []}]},
)
