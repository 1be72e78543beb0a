"""The workflow llm_typed."""

from typing import Literal

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.llm_openai import OpenAI
from app.runtime.llm_typed import complete_as
from app.runtime.node import Retry, node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class LlmTypedInput(TypedDict):
    text: str


class LlmTypedOutput(TypedDict):
    mood: str
    score: int | float
    read: int
    cost: float


Context = ExecutionContext[LlmTypedInput, None, Secrets]


class Verdict(TypedDict):
    mood: Literal["good", "bad"]
    score: int | float


VERDICT: TypeAdapter[Verdict] = TypeAdapter(Verdict)


# verdict, flow.yaml:8
@node("verdict", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _verdict(ctx: Context) -> Verdict:
    return await complete_as(
        ctx,
        "verdict",
        [OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value())],
        messages=[{"role": "user", "content": ctx.input["text"]}],
        max_repairs=1,
        output=VERDICT,
        timeout=120.0,
    )


async def llm_typed(ctx: Context) -> LlmTypedOutput:
    """Run the workflow once; gives its output."""
    verdict = await _verdict(ctx)
    return {
        "mood": verdict["mood"].upper(),
        "score": verdict["score"] * 10,
        "read": ctx.used()["input_tokens"],
        "cost": round(ctx.used()["cost"], 6),
    }


LLM_TYPED = Workflow(
    name="llm_typed",
    run=llm_typed,
    input_type=LlmTypedInput,
    output_type=LlmTypedOutput,
    triggers=(HttpTrigger("POST", "/api/v1/llm_typed/execute"),),
    visible=("verdict",),
    graph={"nodes": [{"id": "verdict", "type": "llm", "after": []}]},
)
