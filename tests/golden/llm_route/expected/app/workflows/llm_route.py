"""The workflow llm_route."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.llm import complete
from app.runtime.llm_answers import Completion
from app.runtime.llm_anthropic import Anthropic
from app.runtime.llm_limits import Limits
from app.runtime.llm_openai import OpenAI
from app.runtime.node import node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class LlmRouteInput(TypedDict):
    question: str
    careful: bool


class LlmRouteOutput(TypedDict):
    text: str
    cost: float | None


Context = ExecutionContext[LlmRouteInput, None, Secrets]


# answer, flow.yaml:7
@node("answer")
async def _answer(ctx: Context) -> Completion:
    return await complete(
        ctx,
        "answer",
        [
            (
                Anthropic(
                    "claude-haiku-4-5", api_key=ctx.secrets.anthropic_api_key.get_secret_value(), thinking_tokens=2000
                )
                if ctx.input["careful"]
                else (
                    OpenAI(
                        "gpt-5.4",
                        api_key=ctx.secrets.openai_api_key.get_secret_value(),
                        effort="low",
                        limits=Limits(concurrency=4, tokens_per_minute=90000),
                    )
                    if len(ctx.input["question"]) > 20
                    else OpenAI(
                        "gpt-5.4-mini",
                        api_key=ctx.secrets.openai_api_key.get_secret_value(),
                        limits=Limits(concurrency=4, tokens_per_minute=90000),
                    )
                )
            ),
            Anthropic(
                "claude-haiku-4-5", api_key=ctx.secrets.anthropic_api_key.get_secret_value(), errors=("timeout", "5xx")
            ),
            OpenAI(
                "gpt-5.4",
                api_key=ctx.secrets.openai_api_key.get_secret_value(),
                limits=Limits(concurrency=4, tokens_per_minute=90000),
                errors=("auth",),
            ),
        ],
        messages=[{"role": "user", "content": ctx.input["question"]}],
        timeout=120.0,
    )


async def llm_route(ctx: Context) -> LlmRouteOutput:
    """Run the workflow once; gives its output."""
    answer = await _answer(ctx)
    return {"text": answer["text"], "cost": answer["usage"]["cost"]}


LLM_ROUTE = Workflow(
    name="llm_route",
    run=llm_route,
    input_type=LlmRouteInput,
    output_type=LlmRouteOutput,
    triggers=(HttpTrigger("POST", "/api/v1/llm_route/execute"),),
    visible=("answer",),
    graph={"nodes": [{"id": "answer", "type": "llm", "after": []}]},
)
