"""The workflow find_person."""

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_json, segment
from app.runtime.http2 import HTTP2
from app.runtime.node import Retry, node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class FindPersonInput(TypedDict):
    id: str


class FindPersonOutput(TypedDict):
    name: str


Context = ExecutionContext[FindPersonInput, Env, None]


class Person(TypedDict):
    name: str


PERSON: TypeAdapter[Person] = TypeAdapter(Person)


# person, flow.yaml:7
@node("person", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _person(ctx: Context) -> Person:
    return await request_json(ctx, "GET", f"{ctx.env.api}/people/{segment(ctx.input['id'])}", PERSON, pool=HTTP2)


async def find_person(ctx: Context) -> FindPersonOutput:
    """Run the workflow once; gives its output."""
    person = await _person(ctx)
    return {"name": person["name"]}


FIND_PERSON = Workflow(
    name="find_person",
    run=find_person,
    input_type=FindPersonInput,
    output_type=FindPersonOutput,
    triggers=(HttpTrigger("POST", "/api/v1/find_person/execute"),),
    visible=("person",),
    graph={"nodes": [{"id": "person", "type": "http", "after": []}]},
)
