"""vectors_of_texts: One text, several, and texts of a type that only shows when the flow runs."""

from typing import Any

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.embeddings import Embeddings, Wanted, embedding, embeddings
from app.runtime.errors import FlowError
from app.runtime.llm_openai import AzureOpenAI, OpenAI
from app.runtime.node import Retry, node, tolerate
from app.runtime.tasks import TaskGroup
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env, Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class VectorsOfTextsInput(TypedDict):
    question: str
    notes: list[str]
    more: Any


class VectorsOfTextsOutput(TypedDict):
    size: int
    found: int
    tokens: int
    own: list[int]
    cloud: int


Context = ExecutionContext[VectorsOfTextsInput, Env, Secrets]


# one, flow.yaml:8
@node("one", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=60.0)
async def _one(ctx: Context) -> list[float]:
    found = await embedding(
        ctx,
        "one",
        OpenAI("text-embedding-3-small", api_key=ctx.secrets.openai_api_key.get_secret_value()),
        ctx.input["question"],
        Wanted(dimensions=3),
    )
    return found["vector"]


# some, flow.yaml:9
@node("some", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=60.0)
async def _some(ctx: Context) -> Embeddings:
    return await embeddings(
        ctx,
        "some",
        OpenAI("text-embedding-3-small", api_key=ctx.secrets.openai_api_key.get_secret_value()),
        ctx.input["notes"],
        Wanted(batch_size=2, concurrency=1),
    )


# own, flow.yaml:12
@node("own", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=60.0)
async def _own(ctx: Context) -> list[list[float]]:
    found = await embeddings(
        ctx,
        "own",
        OpenAI("local", api_key=ctx.secrets.openai_api_key.get_secret_value(), base_url=ctx.env.models_url),
        ctx.input["more"],
        Wanted(reuse=False),
    )
    return found["vectors"]


# cloud, flow.yaml:15
@node("cloud", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=60.0)
async def _cloud(ctx: Context) -> list[list[float]]:
    found = await embeddings(
        ctx,
        "cloud",
        AzureOpenAI("mine", api_key=ctx.secrets.openai_api_key.get_secret_value()),
        [ctx.input["question"], "fixed"],
    )
    return found["vectors"]


async def vectors_of_texts(ctx: Context) -> VectorsOfTextsOutput:
    """Run the workflow once; gives its output."""

    async def run_cloud() -> list[list[float]]:
        cloud: list[list[float]]
        try:
            cloud = await _cloud(ctx)
        except FlowError as error:
            tolerate(ctx, "cloud", error)
            cloud = []
            ctx.set_output("cloud", cloud)
        return cloud

    async with TaskGroup() as group:
        one_task = group.create_task(_one(ctx))
        some_task = group.create_task(_some(ctx))
        own_task = group.create_task(_own(ctx))
        cloud_task = group.create_task(run_cloud())
    one = one_task.result()
    some = some_task.result()
    own = own_task.result()
    cloud = cloud_task.result()
    return {
        "size": len(one),
        "found": len(some["vectors"]),
        "tokens": some["usage"]["input_tokens"],
        "own": [len(vector) for vector in own],
        "cloud": len(cloud),
    }


VECTORS_OF_TEXTS = Workflow(
    name="vectors_of_texts",
    run=vectors_of_texts,
    input_type=VectorsOfTextsInput,
    output_type=VectorsOfTextsOutput,
    triggers=(HttpTrigger("POST", "/api/v1/vectors_of_texts/execute"),),
    description="One text, several, and texts of a type that only shows when the flow runs.",
    visible=("one", "some", "own", "cloud"),
    graph={
        "nodes": [
            {"id": "one", "type": "embedding", "after": []},
            {"id": "some", "type": "embedding", "after": []},
            {"id": "own", "type": "embedding", "after": []},
            {"id": "cloud", "type": "embedding", "after": []},
        ]
    },
)
