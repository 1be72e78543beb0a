"""The workflow llm_cached."""

from functools import partial

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.cache import cached
from app.runtime.context import ExecutionContext
from app.runtime.llm import complete
from app.runtime.llm_answers import Completion
from app.runtime.llm_openai import OpenAI
from app.runtime.llm_replay import replay_text, replay_value
from app.runtime.llm_typed import complete_as
from app.runtime.node import Retry, node
from app.runtime.sse import EventStream
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class LlmCachedInput(TypedDict):
    topic: str


class Plan(TypedDict):
    title: str


class LlmCachedOutput(TypedDict):
    poem: str
    plan: Plan


Context = ExecutionContext[LlmCachedInput, None, Secrets]
PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)


# poem, flow.yaml:8
@node("poem", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _poem(ctx: Context) -> Completion:
    return await complete(
        ctx,
        "poem",
        [OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value())],
        messages=[{"role": "user", "content": f"A poem about {ctx.input['topic']}"}],
        stream=True,
        timeout=120.0,
    )


# plan, flow.yaml:12
@node("plan", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _plan(ctx: Context) -> Plan:
    return await complete_as(
        ctx,
        "plan",
        [OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value())],
        messages=[{"role": "user", "content": f"A plan for {ctx.input['topic']}"}],
        stream=True,
        output=PLAN,
        timeout=120.0,
    )


async def llm_cached(ctx: Context) -> LlmCachedOutput:
    """Run the workflow once; gives its output."""
    # poem, flow.yaml:8
    poem = await cached(ctx, "poem", (ctx.input["topic"],), 600.0, partial(_poem, ctx), replay=replay_text)
    # plan, flow.yaml:12
    plan = await cached(ctx, "plan", (ctx.input["topic"],), 600.0, partial(_plan, ctx), replay=replay_value)
    return {"poem": poem["text"], "plan": plan}


LLM_CACHED = Workflow(
    name="llm_cached",
    run=llm_cached,
    input_type=LlmCachedInput,
    output_type=LlmCachedOutput,
    triggers=(HttpTrigger("POST", "/cached", events=("token", "object", "done")),),
    stream=EventStream(),
    visible=("poem", "plan"),
    graph={"nodes": [{"id": "poem", "type": "llm", "after": []}, {"id": "plan", "type": "llm", "after": ["poem"]}]},
)
