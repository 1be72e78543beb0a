"""The workflow store."""

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import bearer, request_json
from app.runtime.node import node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env, Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class StoreInput(TypedDict):
    name: str


class StoreOutput(TypedDict):
    id: int


Context = ExecutionContext[StoreInput, Env, Secrets]


class Person(TypedDict):
    id: int


PERSON: TypeAdapter[Person] = TypeAdapter(Person)


# stored, store.yaml:5
@node("stored", timeout=10.0)
async def _stored(ctx: Context) -> Person:
    return await request_json(
        ctx,
        "POST",
        f"{ctx.env.api}/people",
        PERSON,
        headers={"Authorization": bearer(ctx.secrets.token.get_secret_value())},
        json={"name": ctx.input["name"]},
    )


async def store(ctx: Context) -> StoreOutput:
    """Run the workflow once; gives its output."""
    stored = await _stored(ctx)
    return {"id": stored["id"]}


STORE = Workflow(
    name="store",
    run=store,
    input_type=StoreInput,
    output_type=StoreOutput,
    triggers=(HttpTrigger("POST", "/api/v1/store/execute"),),
    vars={"greeting": "Hello"},
    visible=("stored",),
    graph={"nodes": [{"id": "stored", "type": "http", "after": []}]},
)
