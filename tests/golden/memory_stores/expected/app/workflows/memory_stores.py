"""The workflow memory_stores."""

from functools import partial

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.connections import MEMORY_DB_DATABASE_URL, REDIS
from app.runtime.context import ExecutionContext
from app.runtime.llm import complete
from app.runtime.llm_answers import Completion
from app.runtime.llm_openai import OpenAI
from app.runtime.memory import Window, recall
from app.runtime.memory_llm import remembered
from app.runtime.memory_sql import SqlMemory
from app.runtime.memory_store import StoreMemory
from app.runtime.node import Retry, node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class MemoryStoresInput(TypedDict):
    question: str
    user: int


class MemoryStoresOutput(TypedDict):
    first: str
    second: str


Context = ExecutionContext[MemoryStoresInput, None, Secrets]


# first, flow.yaml:6
@node("first", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _first(ctx: Context) -> Completion:
    return await remembered(
        await recall(
            ctx, "first", SqlMemory(ctx.pools[MEMORY_DB_DATABASE_URL]), ctx.input["user"], window=Window(messages=20)
        ),
        [{"role": "user", "content": ctx.input["question"]}],
        partial(
            complete,
            ctx,
            "first",
            [OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value())],
            timeout=120.0,
        ),
    )


# second, flow.yaml:13
@node("second", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _second(ctx: Context) -> Completion:
    return await remembered(
        await recall(ctx, "second", StoreMemory(ctx.pools[REDIS]), ctx.input["user"], window=Window(messages=20)),
        [{"role": "user", "content": ctx.input["question"]}],
        partial(
            complete,
            ctx,
            "second",
            [OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value())],
            timeout=120.0,
        ),
    )


async def memory_stores(ctx: Context) -> MemoryStoresOutput:
    """Run the workflow once; gives its output."""
    first = await _first(ctx)
    second = await _second(ctx)
    return {"first": first["text"], "second": second["text"]}


MEMORY_STORES = Workflow(
    name="memory_stores",
    run=memory_stores,
    input_type=MemoryStoresInput,
    output_type=MemoryStoresOutput,
    triggers=(HttpTrigger("POST", "/api/v1/memory_stores/execute"),),
    visible=("first", "second"),
    graph={"nodes": [{"id": "first", "type": "llm", "after": []}, {"id": "second", "type": "llm", "after": ["first"]}]},
)
