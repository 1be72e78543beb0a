"""The workflow llm_fallback."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.llm import complete
from app.runtime.llm_answers import Completion
from app.runtime.llm_anthropic import Anthropic
from app.runtime.llm_openai import OpenAI
from app.runtime.node import node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env, Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class LlmFallbackInput(TypedDict):
    question: str


class LlmFallbackOutput(TypedDict):
    text: str
    model: str


Context = ExecutionContext[LlmFallbackInput, Env, Secrets]


# answer, flow.yaml:7
@node("answer")
async def _answer(ctx: Context) -> Completion:
    return await complete(
        ctx,
        "answer",
        [
            Anthropic("claude-sonnet-4-6", api_key=ctx.secrets.anthropic_api_key.get_secret_value()),
            OpenAI("small", api_key=ctx.secrets.local_key.get_secret_value(), base_url=ctx.env.local_url),
        ],
        messages=[{"role": "user", "content": ctx.input["question"]}],
        timeout=120.0,
    )


async def llm_fallback(ctx: Context) -> LlmFallbackOutput:
    """Run the workflow once; gives its output."""
    answer = await _answer(ctx)
    return {"text": answer["text"], "model": answer["model"]}


LLM_FALLBACK = Workflow(
    name="llm_fallback",
    run=llm_fallback,
    input_type=LlmFallbackInput,
    output_type=LlmFallbackOutput,
    triggers=(HttpTrigger("POST", "/api/v1/llm_fallback/execute"),),
    visible=("answer",),
    graph={"nodes": [{"id": "answer", "type": "llm", "after": []}]},
)
