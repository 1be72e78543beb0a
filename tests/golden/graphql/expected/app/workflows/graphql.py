"""The workflow graphql."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.graphql import GraphqlError, Pages, ask, ask_all, ask_pages
from app.runtime.http import bearer
from app.runtime.node import Retry, node
from app.runtime.tasks import TaskGroup
from app.runtime.values import soft
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env, Secrets

NOTED_DOCUMENT = "mutation Add($text: String!) { addNote(text: $text) { id } }"
PERSON_DOCUMENT = "query One($id: Int!) { person(id: $id) { id name } }"
PARTIAL_DOCUMENT = "{ a b }"

PAGES_DOCUMENT = "# all of them\nquery ($size: Int = 2, $cursor: String) { list(first: $size, after: $cursor) { nodes { id } info { hasNextPage endCursor } } }"


@with_config(ConfigDict(extra="forbid", strict=True))
class GraphqlInput(TypedDict):
    id: int
    note: Annotated[str, Field(default="")]


class GraphqlOutput(TypedDict):
    name: str | None
    a: Any
    codes: list[str]
    ids: list[int]


Context = ExecutionContext[GraphqlInput, Env, Secrets]


class Person(TypedDict):
    id: int
    name: str


PERSON: TypeAdapter[Person | None] = TypeAdapter(Person | None)


class Partial(TypedDict):
    data: Any
    errors: list[GraphqlError]


class PagesItem(TypedDict):
    id: int


PAGES_ITEM_LIST: TypeAdapter[list[PagesItem]] = TypeAdapter(list[PagesItem])


# person, flow.yaml:8
@node("person", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _person(ctx: Context) -> Person | None:
    return await ask(
        ctx,
        f"{ctx.env.api}/graphql",
        PERSON_DOCUMENT,
        {"id": ctx.input["id"]},
        PERSON,
        path=["person"],
        headers={"Authorization": bearer(ctx.secrets.token.get_secret_value())},
    )


# partial, flow.yaml:17
@node("partial", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _partial(ctx: Context) -> Partial:
    answer = await ask_all(ctx, f"{ctx.env.api}/partial", PARTIAL_DOCUMENT, {}, None)
    return {"data": answer.data, "errors": answer.errors}


# pages, flow.yaml:20
@node("pages", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _pages(ctx: Context) -> list[PagesItem]:
    return await ask_pages(
        ctx,
        f"{ctx.env.api}/pages",
        PAGES_DOCUMENT,
        {},
        PAGES_ITEM_LIST,
        Pages(["list", "nodes"], ["list", "info"], variable="cursor", max_pages=3),
    )


# noted, flow.yaml:29
@node("noted", timeout=10.0)
async def _noted(ctx: Context) -> Any:
    return await ask(ctx, f"{ctx.env.api}/write", NOTED_DOCUMENT, {"text": ctx.input["note"]}, None)


async def graphql(ctx: Context) -> GraphqlOutput:
    """Run the workflow once; gives its output."""

    async def run_noted() -> None:
        # noted, flow.yaml:29
        if ctx.input["note"] != "":
            await _noted(ctx)

    async with TaskGroup() as group:
        person_task = group.create_task(_person(ctx))
        partial_task = group.create_task(_partial(ctx))
        pages_task = group.create_task(_pages(ctx))
        group.create_task(run_noted())
    person = person_task.result()
    partial = partial_task.result()
    pages = pages_task.result()
    return {
        "name": person["name"] if person is not None else None,
        "a": soft(partial["data"], "a"),
        "codes": [f"{e['code']}@{e['place']}" for e in partial["errors"]],
        "ids": [p["id"] for p in pages],
    }


GRAPHQL = Workflow(
    name="graphql",
    run=graphql,
    input_type=GraphqlInput,
    output_type=GraphqlOutput,
    triggers=(HttpTrigger("POST", "/api/v1/graphql/execute"),),
    visible=("person", "partial", "pages", "noted"),
    graph={
        "nodes": [
            {"id": "person", "type": "graphql", "after": []},
            {"id": "partial", "type": "graphql", "after": []},
            {"id": "pages", "type": "graphql", "after": []},
            {"id": "noted", "type": "graphql", "after": []},
        ]
    },
)
