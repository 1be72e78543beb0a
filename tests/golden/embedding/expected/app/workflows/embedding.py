"""The workflow embedding."""

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.connections import QDRANT
from app.runtime.conform import conform
from app.runtime.context import ExecutionContext
from app.runtime.embeddings import Embedding, Embeddings, embed, embed_all
from app.runtime.llm_openai import OpenAI
from app.runtime.node import Retry, node
from app.runtime.rerank import cohere, rerank
from app.runtime.tasks import InnerGroup, TaskGroup
from app.runtime.vectors import Written, search, together, upsert
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env, Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class EmbeddingInput(TypedDict):
    question: str
    texts: list[str]


class EmbeddingOutput(TypedDict):
    best: int
    found: list[str]
    own: list[str]
    read: int


Context = ExecutionContext[EmbeddingInput, Env, Secrets]


class Text(TypedDict):
    text: str


class HitsItem(TypedDict):
    id: str
    payload: Text
    score: int | float


HITS_ITEM_LIST: TypeAdapter[list[HitsItem]] = TypeAdapter(list[HitsItem])


class OrderedItem(TypedDict):
    document: Text
    index: int
    score: int | float


ORDERED_ITEM_LIST: TypeAdapter[list[OrderedItem]] = TypeAdapter(list[OrderedItem])


class OwnItem(TypedDict):
    document: str
    index: int
    score: int | float


OWN_ITEM_LIST: TypeAdapter[list[OwnItem]] = TypeAdapter(list[OwnItem])


# asked, flow.yaml:8
@node("asked", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=60.0)
async def _asked(ctx: Context) -> Embedding:
    return await embed(
        ctx,
        "asked",
        OpenAI("text-embedding-3-small", api_key=ctx.secrets.openai_api_key.get_secret_value()),
        ctx.input["question"],
        dimensions=8,
    )


# meant, flow.yaml:11
@node("meant", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=60.0)
async def _meant(ctx: Context) -> Embeddings:
    return await embed_all(
        ctx,
        "meant",
        OpenAI("text-embedding-3-small", api_key=ctx.secrets.openai_api_key.get_secret_value()),
        ctx.input["texts"],
        dimensions=8,
        batch_size=2,
    )


# kept, flow.yaml:14
@node("kept", timeout=10.0)
async def _kept(ctx: Context, meant: Embeddings) -> Written:
    return await upsert(
        ctx, QDRANT, "texts", together(meant["vectors"], None, [{"text": text} for text in ctx.input["texts"]])
    )


# hits, flow.yaml:20
@node("hits", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _hits(ctx: Context, asked: Embedding) -> list[HitsItem]:
    return conform(HITS_ITEM_LIST, await search(ctx, "hits", QDRANT, "texts", asked["vector"], limit=5))


# ordered, flow.yaml:24
@node("ordered", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=30.0)
async def _ordered(ctx: Context, hits: list[HitsItem]) -> list[OrderedItem]:
    return conform(
        ORDERED_ITEM_LIST,
        await rerank(
            ctx,
            "ordered",
            cohere(),
            "rerank-v3.5",
            ctx.input["question"],
            [hit["payload"] for hit in hits],
            api_key=ctx.secrets.cohere_api_key.get_secret_value(),
            text_key="text",
            limit=2,
        ),
    )


# own, flow.yaml:32
@node("own", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=30.0)
async def _own(ctx: Context) -> list[OwnItem]:
    return conform(
        OWN_ITEM_LIST,
        await rerank(
            ctx, "own", ctx.env.rank_url, "own", "q", ["a", "b"], api_key=ctx.secrets.cohere_api_key.get_secret_value()
        ),
    )


async def embedding(ctx: Context) -> EmbeddingOutput:
    """Run the workflow once; gives its output."""
    async with TaskGroup() as group:

        async def asked_to_ordered() -> tuple[Embeddings, list[HitsItem], list[OrderedItem]]:
            async def meant_then_kept() -> Embeddings:
                meant = await _meant(ctx)
                await _kept(ctx, meant)
                return meant

            async with InnerGroup(group) as inner_group:
                asked_task = inner_group.create_task(_asked(ctx))
                meant_task = inner_group.create_task(meant_then_kept())
            asked = asked_task.result()
            meant = meant_task.result()
            hits = await _hits(ctx, asked)
            ordered = await _ordered(ctx, hits)
            return meant, hits, ordered

        asked_task = group.create_task(asked_to_ordered())
        own_task = group.create_task(_own(ctx))
    meant, hits, ordered = asked_task.result()
    own = own_task.result()
    return {
        "best": len([each["document"]["text"] for each in ordered]),
        "found": sorted((hit["payload"]["text"] for hit in hits), key=str.lower),
        "own": [each["document"] for each in own],
        "read": meant["usage"]["input_tokens"],
    }


EMBEDDING = Workflow(
    name="embedding",
    run=embedding,
    input_type=EmbeddingInput,
    output_type=EmbeddingOutput,
    triggers=(HttpTrigger("POST", "/api/v1/embedding/execute"),),
    visible=("kept", "hits", "ordered", "own"),
    graph={
        "nodes": [
            {"id": "asked", "type": "embedding", "after": []},
            {"id": "meant", "type": "embedding", "after": []},
            {"id": "kept", "type": "vector_upsert", "after": ["meant"]},
            {"id": "hits", "type": "vector_search", "after": ["kept", "asked"]},
            {"id": "ordered", "type": "rerank", "after": ["hits"]},
            {"id": "own", "type": "rerank", "after": []},
        ]
    },
)
