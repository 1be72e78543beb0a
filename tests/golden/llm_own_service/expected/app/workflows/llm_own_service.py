"""llm_own_service: A model on a machine of one's own needs no key."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.llm import complete
from app.runtime.llm_answers import Completion
from app.runtime.llm_openai import OpenAI
from app.runtime.node import Retry, node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class LlmOwnServiceInput(TypedDict):
    question: str


class LlmOwnServiceOutput(TypedDict):
    text: str


Context = ExecutionContext[LlmOwnServiceInput, Env, None]


# answer, flow.yaml:7
@node("answer", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _answer(ctx: Context) -> Completion:
    return await complete(
        ctx,
        "answer",
        [OpenAI("llama3", base_url=ctx.env.models_url)],
        messages=[{"role": "user", "content": ctx.input["question"]}],
        timeout=120.0,
    )


async def llm_own_service(ctx: Context) -> LlmOwnServiceOutput:
    """Run the workflow once; gives its output."""
    answer = await _answer(ctx)
    return {"text": answer["text"]}


LLM_OWN_SERVICE = Workflow(
    name="llm_own_service",
    run=llm_own_service,
    input_type=LlmOwnServiceInput,
    output_type=LlmOwnServiceOutput,
    triggers=(HttpTrigger("POST", "/api/v1/llm_own_service/execute"),),
    description="A model on a machine of one's own needs no key.",
    visible=("answer",),
    graph={"nodes": [{"id": "answer", "type": "llm", "after": []}]},
)
