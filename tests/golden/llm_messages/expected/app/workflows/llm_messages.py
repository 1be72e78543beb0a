"""The workflow llm_messages."""

from typing import Literal

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.llm import complete
from app.runtime.llm_answers import Completion
from app.runtime.llm_openai import Groq
from app.runtime.llm_turns import checked_messages
from app.runtime.node import Retry, node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


class Turn(TypedDict):
    role: Literal["user", "assistant"]
    content: str


@with_config(ConfigDict(extra="forbid", strict=True))
class LlmMessagesInput(TypedDict):
    history: list[Turn]
    question: str


class LlmMessagesOutput(TypedDict):
    text: str


Context = ExecutionContext[LlmMessagesInput, None, Secrets]


# first, flow.yaml:7
@node("first", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _first(ctx: Context) -> Completion:
    return await complete(
        ctx,
        "first",
        [Groq("llama", api_key=ctx.secrets.groq_api_key.get_secret_value())],
        messages=[
            {"role": "user", "content": ctx.input["question"]},
            {"role": "assistant", "content": "Go on."},
            {"role": "user", "content": f"{len(ctx.input['history'])} turns before"},
        ],
        timeout=120.0,
    )


# second, flow.yaml:16
@node("second", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _second(ctx: Context) -> Completion:
    return await complete(
        ctx,
        "second",
        [Groq("llama", api_key=ctx.secrets.groq_api_key.get_secret_value())],
        messages=checked_messages(ctx.input["history"]),
        timeout=120.0,
    )


async def llm_messages(ctx: Context) -> LlmMessagesOutput:
    """Run the workflow once; gives its output."""
    first = await _first(ctx)
    second = await _second(ctx)
    return {"text": f"{first['text']}{second['text']}"}


LLM_MESSAGES = Workflow(
    name="llm_messages",
    run=llm_messages,
    input_type=LlmMessagesInput,
    output_type=LlmMessagesOutput,
    triggers=(HttpTrigger("POST", "/api/v1/llm_messages/execute"),),
    visible=("first", "second"),
    graph={"nodes": [{"id": "first", "type": "llm", "after": []}, {"id": "second", "type": "llm", "after": ["first"]}]},
)
