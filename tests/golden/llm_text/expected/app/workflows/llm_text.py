"""The workflow llm_text."""

from typing import Annotated

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.llm import complete
from app.runtime.llm_answers import Completion
from app.runtime.llm_anthropic import Anthropic
from app.runtime.node import Retry, node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets

MODEL = "claude-sonnet-4-6"


@with_config(ConfigDict(extra="forbid", strict=True))
class LlmTextInput(TypedDict):
    question: str
    words: Annotated[int, Field(default=20)]


class LlmTextOutput(TypedDict):
    text: str
    tokens: int


Context = ExecutionContext[LlmTextInput, None, Secrets]


# answer, flow.yaml:7
@node("answer", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _answer(ctx: Context) -> Completion:
    return await complete(
        ctx,
        "answer",
        [Anthropic(MODEL, api_key=ctx.secrets.anthropic_api_key.get_secret_value(), temperature=0.2, max_tokens=100)],
        messages=[{"role": "user", "content": f"{ctx.input['question']} (at most {ctx.input['words']} words)"}],
        system="Answer in a few words.\nSay so when you do not know.\n",
        timeout=120.0,
    )


async def llm_text(ctx: Context) -> LlmTextOutput:
    """Run the workflow once; gives its output."""
    answer = await _answer(ctx)
    return {"text": answer["text"], "tokens": answer["usage"]["output_tokens"]}


LLM_TEXT = Workflow(
    name="llm_text",
    run=llm_text,
    input_type=LlmTextInput,
    output_type=LlmTextOutput,
    triggers=(HttpTrigger("POST", "/api/v1/llm_text/execute"),),
    vars={"model": MODEL},
    visible=("answer",),
    graph={"nodes": [{"id": "answer", "type": "llm", "after": []}]},
)
