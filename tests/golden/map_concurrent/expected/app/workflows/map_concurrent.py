"""The workflow map_concurrent."""

from time import monotonic_ns
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_json, segment
from app.runtime.node import Retry, node
from app.runtime.tasks import map_items
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class MapConcurrentInput(TypedDict):
    ids: Annotated[list[int], Field(max_length=20)]


class MapConcurrentOutput(TypedDict):
    names: str


Context = ExecutionContext[MapConcurrentInput, Env, None]


class Person(TypedDict):
    name: str


PERSON: TypeAdapter[Person] = TypeAdapter(Person)


# person, flow.yaml:13
@node("person", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _person(ctx: Context, id_: int) -> Person:
    return await request_json(ctx, "GET", f"{ctx.env.api}/people/{segment(id_)}", PERSON)


async def map_concurrent(ctx: Context) -> MapConcurrentOutput:
    """Run the workflow once; gives its output."""
    # people, flow.yaml:7
    people_started = monotonic_ns()

    async def people_id(ctx: Context, id_: int, index: int) -> Person:
        return await _person(ctx, id_)

    people: list[Person] = await map_items(ctx, ctx.input["ids"], people_id, concurrency=2)
    ctx.finished("people", people, monotonic_ns() - people_started)
    return {"names": ", ".join([p["name"] for p in people])}


MAP_CONCURRENT = Workflow(
    name="map_concurrent",
    run=map_concurrent,
    input_type=MapConcurrentInput,
    output_type=MapConcurrentOutput,
    triggers=(HttpTrigger("POST", "/api/v1/map_concurrent/execute"),),
    visible=("people",),
    graph={
        "nodes": [
            {"id": "people", "type": "map", "after": []},
            {"id": "person", "type": "http", "after": [], "inside": "people.each"},
        ]
    },
)
