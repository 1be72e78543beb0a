"""search_by_meaning: What an embedding gives goes into a search as it is."""

from typing import Any

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.connections import QDRANT
from app.runtime.conform import conform
from app.runtime.context import ExecutionContext
from app.runtime.embeddings import Embedding, Embeddings, embed, embed_all
from app.runtime.llm_openai import OpenAI
from app.runtime.node import Retry, node
from app.runtime.tasks import TaskGroup
from app.runtime.values import equal, get
from app.runtime.vectors import Written, search, upsert
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class SearchByMeaningInput(TypedDict):
    query: str
    notes: list[str]


class SearchByMeaningOutput(TypedDict):
    found: Any
    same: bool


Context = ExecutionContext[SearchByMeaningInput, None, Secrets]


class FoundItem(TypedDict):
    id: str
    payload: dict[str, Any]
    score: int | float


FOUND_ITEM_LIST: TypeAdapter[list[FoundItem]] = TypeAdapter(list[FoundItem])


# known, flow.yaml:7
@node("known", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=60.0)
async def _known(ctx: Context) -> Embeddings:
    return await embed_all(
        ctx, "known", OpenAI("small", api_key=ctx.secrets.openai_api_key.get_secret_value()), ctx.input["notes"]
    )


# kept, flow.yaml:8
@node("kept", timeout=10.0)
async def _kept(ctx: Context, known: Embeddings) -> Written:
    return await upsert(
        ctx,
        QDRANT,
        "notes",
        [{"id": "first", "vector": get(known["vectors"], 0), "payload": {"text": get(ctx.input["notes"], 0)}}],
    )


# vector, flow.yaml:13
@node("vector", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=60.0)
async def _vector(ctx: Context) -> Embedding:
    return await embed(
        ctx, "vector", OpenAI("small", api_key=ctx.secrets.openai_api_key.get_secret_value()), ctx.input["query"]
    )


# found, flow.yaml:14
@node("found", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _found(ctx: Context, vector: Embedding) -> list[FoundItem]:
    return conform(FOUND_ITEM_LIST, await search(ctx, "found", QDRANT, "notes", vector["vector"], limit=1))


# same, flow.yaml:15
@node("same", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _same(ctx: Context, vector: Embedding) -> list[FoundItem]:
    return conform(FOUND_ITEM_LIST, await search(ctx, "same", QDRANT, "notes", vector["vector"]))


async def search_by_meaning(ctx: Context) -> SearchByMeaningOutput:
    """Run the workflow once; gives its output."""

    async def known_then_kept() -> None:
        known = await _known(ctx)
        await _kept(ctx, known)

    async with TaskGroup() as group:
        group.create_task(known_then_kept())
        vector_task = group.create_task(_vector(ctx))
    vector = vector_task.result()
    async with TaskGroup() as group:
        found_task = group.create_task(_found(ctx, vector))
        same_task = group.create_task(_same(ctx, vector))
    found = found_task.result()
    same = same_task.result()
    return {"found": get(found, 0, "payload", "text"), "same": equal(same, found)}


SEARCH_BY_MEANING = Workflow(
    name="search_by_meaning",
    run=search_by_meaning,
    input_type=SearchByMeaningInput,
    output_type=SearchByMeaningOutput,
    triggers=(HttpTrigger("POST", "/api/v1/search_by_meaning/execute"),),
    description="What an embedding gives goes into a search as it is.",
    visible=("kept", "found", "same"),
    graph={
        "nodes": [
            {"id": "known", "type": "embedding", "after": []},
            {"id": "kept", "type": "vector_upsert", "after": ["known"]},
            {"id": "vector", "type": "embedding", "after": []},
            {"id": "found", "type": "vector_search", "after": ["kept", "vector"]},
            {"id": "same", "type": "vector_search", "after": ["kept", "vector"]},
        ]
    },
)
