"""index: Takes documents in, cut into passages. A document that is known already is replaced as a whole."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.connections import QDRANT
from app.runtime.context import ExecutionContext
from app.runtime.embeddings import Embeddings, embed_all
from app.runtime.llm_openai import OpenAI
from app.runtime.node import Retry, node
from app.runtime.python_call import call_in_thread
from app.runtime.vectors import Written, delete, together, upsert
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets
from lib.passages import cut

EMBEDDING_MODEL = "text-embedding-3-small"
COLLECTION = "handbook"


class Document(TypedDict):
    id: Annotated[str, Field(min_length=1, max_length=100)]
    title: Annotated[str, Field(min_length=1, max_length=200)]
    audience: Literal["everyone", "staff"]
    text: Annotated[
        str, Field(max_length=20000, pattern="\\S", description="Paragraphs with an empty line between them")
    ]


@with_config(ConfigDict(extra="forbid", strict=True))
class IndexInput(TypedDict):
    documents: Annotated[list[Document], Field(min_length=1, max_length=100)]


class IndexOutput(TypedDict):
    documents: int
    passages: int


Context = ExecutionContext[IndexInput, None, Secrets]


class PassagesItem(TypedDict):
    id: str
    document: str
    revision: str
    title: str
    audience: Literal["everyone", "staff"]
    number: int
    text: str


# passages, index.yaml:8
@node("passages", timeout=30.0)
async def _passages(ctx: Context) -> list[PassagesItem]:
    return await call_in_thread(cut, documents=ctx.input["documents"], revision=ctx.execution_id)


# meaning, index.yaml:13
@node("meaning", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=60.0)
async def _meaning(ctx: Context, passages: list[PassagesItem]) -> Embeddings:
    return await embed_all(
        ctx,
        "meaning",
        OpenAI(EMBEDDING_MODEL, api_key=ctx.secrets.openai_api_key.get_secret_value()),
        [each["title"] + ": " + each["text"] for each in passages],
        dimensions=256,
    )


# written, index.yaml:19
@node("written", timeout=10.0)
async def _written(ctx: Context, meaning: Embeddings, passages: list[PassagesItem]) -> Written:
    return await upsert(
        ctx, QDRANT, COLLECTION, together(meaning["vectors"], [item["id"] for item in passages], passages)
    )


# outdated, index.yaml:26
@node("outdated", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _outdated(ctx: Context) -> None:
    await delete(
        ctx,
        QDRANT,
        COLLECTION,
        filter={"document": [item["id"] for item in ctx.input["documents"]], "revision": {"not": ctx.execution_id}},
    )


async def index(ctx: Context) -> IndexOutput:
    """Run the workflow once; gives its output."""
    passages = await _passages(ctx)
    meaning = await _meaning(ctx, passages)
    written = await _written(ctx, meaning, passages)
    await _outdated(ctx)
    return {"documents": len(ctx.input["documents"]), "passages": written["count"]}


INDEX = Workflow(
    name="index",
    run=index,
    input_type=IndexInput,
    output_type=IndexOutput,
    triggers=(HttpTrigger("POST", "/api/v1/documents", status=201),),
    description="Takes documents in, cut into passages. A document that is known already is replaced as a whole.",
    vars={"collection": COLLECTION, "embedding_model": EMBEDDING_MODEL},
    visible=("passages", "written", "outdated"),
    graph={
        "nodes": [
            {"id": "passages", "type": "python", "after": []},
            {"id": "meaning", "type": "embedding", "after": ["passages"]},
            {"id": "written", "type": "vector_upsert", "after": ["meaning", "passages"]},
            {"id": "outdated", "type": "vector_delete", "after": ["written"]},
        ]
    },
)
