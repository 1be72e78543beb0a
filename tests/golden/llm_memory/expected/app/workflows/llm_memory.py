"""The workflow llm_memory."""

from functools import partial
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.agent import AgentAnswer, run_agent
from app.runtime.agent_tools import node_tool
from app.runtime.context import ExecutionContext
from app.runtime.llm import complete
from app.runtime.llm_answers import Completion
from app.runtime.llm_openai import OpenAI
from app.runtime.llm_typed import complete_as
from app.runtime.memory import MEMORY, Window, recall
from app.runtime.memory_llm import remembered, remembered_as
from app.runtime.memory_summary import by_model
from app.runtime.node import Retry, node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class LlmMemoryInput(TypedDict):
    question: str
    user: Annotated[str | None, Field(default=None)]


class LlmMemoryOutput(TypedDict):
    text: str
    mood: Literal["glad", "sad"]
    helped: str


Context = ExecutionContext[LlmMemoryInput, None, Secrets]


class Mood(TypedDict):
    mood: Literal["glad", "sad"]


MOOD: TypeAdapter[Mood] = TypeAdapter(Mood)


class ClockArgs(TypedDict):
    pass


CLOCK_ARGS: TypeAdapter[ClockArgs] = TypeAdapter(ClockArgs)


# answer, flow.yaml:8
@node("answer", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _answer(ctx: Context) -> Completion:
    return await remembered(
        await recall(ctx, "answer", ctx.pools[MEMORY], ctx.input["user"], window=Window(messages=4), ttl=7200.0),
        [{"role": "user", "content": ctx.input["question"]}],
        partial(
            complete,
            ctx,
            "answer",
            [OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value())],
            system="Be brief.",
            timeout=120.0,
        ),
    )


# mood, flow.yaml:16
@node("mood", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _mood(ctx: Context) -> Mood:
    return await remembered_as(
        await recall(
            ctx,
            "mood",
            ctx.pools[MEMORY],
            ctx.input["user"],
            window=Window(tokens=100),
            summarize=by_model(
                ctx, "mood", [OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value())]
            ),
        ),
        [{"role": "user", "content": f"How do they feel? {ctx.input['question']}"}],
        partial(
            complete_as,
            ctx,
            "mood",
            [OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value())],
            output=MOOD,
            timeout=120.0,
        ),
        MOOD,
    )


# helper, flow.yaml:25
@node("helper")
async def _helper(ctx: Context) -> AgentAnswer:
    async def clock_tool(ctx: Context, args: ClockArgs) -> str:
        # now, flow.yaml:31
        return "noon"

    return await run_agent(
        ctx,
        "helper",
        [OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value())],
        messages=[{"role": "user", "content": ctx.input["question"]}],
        tools=[node_tool("clock", "The time.", CLOCK_ARGS, clock_tool)],
        memory=await recall(ctx, "helper", ctx.pools[MEMORY], ctx.input["user"], window=Window(messages=20)),
    )


async def llm_memory(ctx: Context) -> LlmMemoryOutput:
    """Run the workflow once; gives its output."""
    answer = await _answer(ctx)
    mood = await _mood(ctx)
    helper = await _helper(ctx)
    return {"text": answer["text"], "mood": mood["mood"], "helped": helper["text"]}


LLM_MEMORY = Workflow(
    name="llm_memory",
    run=llm_memory,
    input_type=LlmMemoryInput,
    output_type=LlmMemoryOutput,
    triggers=(HttpTrigger("POST", "/api/v1/llm_memory/execute"),),
    visible=("answer", "mood", "helper"),
    graph={
        "nodes": [
            {"id": "answer", "type": "llm", "after": []},
            {"id": "mood", "type": "llm", "after": ["answer"]},
            {"id": "helper", "type": "agent", "after": ["mood"]},
            {"id": "now", "type": "set", "after": [], "inside": "helper.tool clock"},
        ]
    },
)
