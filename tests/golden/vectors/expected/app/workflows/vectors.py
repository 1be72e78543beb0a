"""The workflow vectors."""

from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.connections import QDRANT
from app.runtime.conform import conform
from app.runtime.context import ExecutionContext
from app.runtime.node import Retry, node
from app.runtime.tasks import TaskGroup
from app.runtime.values import soft
from app.runtime.vectors import Written, change_payload, delete, read_payload, scroll, search, together, upsert
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class VectorsInput(TypedDict):
    near: list[int | float]
    kind: Annotated[str | None, Field(default=None)]
    after: Annotated[str | None, Field(default=None)]
    drop: list[str]
    title: str


class VectorsOutput(TypedDict):
    titles: list[str]
    best: str | None
    read: bool | None
    nobody: dict[str, Any] | None
    listed: list[str]


Context = ExecutionContext[VectorsInput, None, Secrets]


class Book(TypedDict):
    title: str
    kind: NotRequired[str]
    read: NotRequired[bool]


class FoundItem(TypedDict):
    id: str
    payload: Book
    vector: list[int | float]
    score: int | float


FOUND_ITEM_LIST: TypeAdapter[list[FoundItem]] = TypeAdapter(list[FoundItem])
SEA: TypeAdapter[Book | None] = TypeAdapter(Book | None)
NOBODY: TypeAdapter[dict[str, Any] | None] = TypeAdapter(dict[str, Any] | None)


class PagePointsItem(TypedDict):
    id: str
    payload: dict[str, Any]


class Page(TypedDict):
    points: list[PagePointsItem]
    next: str | None


PAGE: TypeAdapter[Page] = TypeAdapter(Page)


# kept, flow.yaml:8
@node("kept", timeout=10.0)
async def _kept(ctx: Context) -> Written:
    return await upsert(
        ctx,
        QDRANT,
        "books",
        [
            {"id": "sea", "vector": [1, 0, 0], "payload": {"title": "The Sea", "kind": "novel"}},
            {"id": 7, "vector": [0, 1, 0], "payload": {"title": "The Sky", "kind": "essay", "pages": 90}},
            {"vector": ctx.input["near"], "payload": {"title": ctx.input["title"]}},
        ],
    )


# beside, flow.yaml:16
@node("beside", timeout=10.0)
async def _beside(ctx: Context) -> Written:
    return await upsert(
        ctx,
        QDRANT,
        "books",
        together(
            [[0, 0, 1], [0.5, 0.5, 0]],
            ["9ff9d2f4-1df7-4f53-8ae5-5bf6a2f4a3b1", "later"],
            [{"title": "A"}, {"title": "B", "kind": "novel", "pages": 300}],
        ),
    )


# marked, flow.yaml:24
@node("marked", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _marked(ctx: Context) -> None:
    await change_payload(ctx, QDRANT, "books", "sea", set={"read": True})


# gone, flow.yaml:25
@node("gone", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _gone(ctx: Context) -> None:
    await delete(ctx, QDRANT, "books", ids=ctx.input["drop"])


# found, flow.yaml:26
@node("found", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _found(ctx: Context) -> list[FoundItem]:
    return conform(
        FOUND_ITEM_LIST,
        await search(
            ctx,
            "found",
            QDRANT,
            "books",
            ctx.input["near"],
            limit=2,
            threshold=0.1,
            filter={
                "kind": ctx.input["kind"] if ctx.input["kind"] is not None else "novel",
                "none": [{"pages": {"gt": 1000}}, {"title": ["C", "D"]}],
            },
            vectors=True,
        ),
    )


# sea, flow.yaml:32
@node("sea", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _sea(ctx: Context) -> Book | None:
    return conform(SEA, await read_payload(ctx, QDRANT, "books", "sea"))


# nobody, flow.yaml:33
@node("nobody", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _nobody(ctx: Context) -> dict[str, Any] | None:
    return conform(NOBODY, await read_payload(ctx, QDRANT, "books", "nobody"))


# page, flow.yaml:34
@node("page", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _page(ctx: Context) -> Page:
    return conform(
        PAGE,
        await scroll(
            ctx,
            QDRANT,
            "books",
            limit=10,
            after=ctx.input["after"],
            filter={"any": [{"kind": "novel"}, {"pages": {"gte": 50, "lt": 100}}]},
            payload=["title"],
        ),
    )


async def vectors(ctx: Context) -> VectorsOutput:
    """Run the workflow once; gives its output."""
    await _kept(ctx)
    await _beside(ctx)
    await _marked(ctx)
    await _gone(ctx)
    async with TaskGroup() as group:
        found_task = group.create_task(_found(ctx))
        sea_task = group.create_task(_sea(ctx))
        nobody_task = group.create_task(_nobody(ctx))
        page_task = group.create_task(_page(ctx))
    found = found_task.result()
    sea = sea_task.result()
    nobody = nobody_task.result()
    page = page_task.result()
    return {
        "titles": [hit["payload"]["title"] for hit in found],
        "best": soft(found[0] if found else None, "id"),
        "read": soft(sea, "read"),
        "nobody": nobody,
        "listed": sorted((point["id"] for point in page["points"]), key=str.lower),
    }


VECTORS = Workflow(
    name="vectors",
    run=vectors,
    input_type=VectorsInput,
    output_type=VectorsOutput,
    triggers=(HttpTrigger("POST", "/api/v1/vectors/execute"),),
    visible=("kept", "beside", "marked", "gone", "found", "sea", "nobody", "page"),
    graph={
        "nodes": [
            {"id": "kept", "type": "vector_upsert", "after": []},
            {"id": "beside", "type": "vector_upsert", "after": ["kept"]},
            {"id": "marked", "type": "vector_payload", "after": ["beside"]},
            {"id": "gone", "type": "vector_delete", "after": ["marked"]},
            {"id": "found", "type": "vector_search", "after": ["gone"]},
            {"id": "sea", "type": "vector_payload", "after": ["gone"]},
            {"id": "nobody", "type": "vector_payload", "after": ["gone"]},
            {"id": "page", "type": "vector_scroll", "after": ["gone"]},
        ]
    },
)
