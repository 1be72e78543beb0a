"""The workflow llm_route_by_model."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.llm import complete
from app.runtime.llm_answers import Completion
from app.runtime.llm_anthropic import Anthropic
from app.runtime.llm_openai import OpenAI
from app.runtime.llm_route import ByModel
from app.runtime.node import Retry, node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class LlmRouteByModelInput(TypedDict):
    question: str


class LlmRouteByModelOutput(TypedDict):
    text: str


Context = ExecutionContext[LlmRouteByModelInput, None, Secrets]


# answer, flow.yaml:6
@node("answer", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _answer(ctx: Context) -> Completion:
    return await complete(
        ctx,
        "answer",
        [OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value())],
        messages=[{"role": "user", "content": ctx.input["question"]}],
        route=ByModel(
            OpenAI("gpt-6-luna", api_key=ctx.secrets.openai_api_key.get_secret_value()),
            {
                "law": (
                    "questions of law",
                    Anthropic("claude-opus-5-5", api_key=ctx.secrets.anthropic_api_key.get_secret_value()),
                ),
                "code": (
                    "programs and their errors",
                    OpenAI("gpt-5.4", api_key=ctx.secrets.openai_api_key.get_secret_value()),
                ),
            },
        ),
        timeout=120.0,
    )


async def llm_route_by_model(ctx: Context) -> LlmRouteByModelOutput:
    """Run the workflow once; gives its output."""
    answer = await _answer(ctx)
    return {"text": answer["text"]}


LLM_ROUTE_BY_MODEL = Workflow(
    name="llm_route_by_model",
    run=llm_route_by_model,
    input_type=LlmRouteByModelInput,
    output_type=LlmRouteByModelOutput,
    triggers=(HttpTrigger("POST", "/api/v1/llm_route_by_model/execute"),),
    visible=("answer",),
    graph={"nodes": [{"id": "answer", "type": "llm", "after": []}]},
)
