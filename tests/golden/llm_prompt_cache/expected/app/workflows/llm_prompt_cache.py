"""The workflow llm_prompt_cache."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.llm import complete
from app.runtime.llm_answers import Completion
from app.runtime.llm_anthropic import Anthropic
from app.runtime.node import Retry, node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class LlmPromptCacheInput(TypedDict):
    document: str
    question: str


class LlmPromptCacheOutput(TypedDict):
    text: str
    kept: int


Context = ExecutionContext[LlmPromptCacheInput, None, Secrets]


# answer, flow.yaml:6
@node("answer", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _answer(ctx: Context) -> Completion:
    return await complete(
        ctx,
        "answer",
        [Anthropic("claude-sonnet-5-5", api_key=ctx.secrets.anthropic_api_key.get_secret_value())],
        messages=[
            {"role": "user", "content": ctx.input["document"], "cache": "1h"},
            {"role": "user", "content": ctx.input["question"]},
        ],
        system="Answer from the document.",
        cache_system="1h",
        timeout=120.0,
    )


async def llm_prompt_cache(ctx: Context) -> LlmPromptCacheOutput:
    """Run the workflow once; gives its output."""
    answer = await _answer(ctx)
    return {"text": answer["text"], "kept": answer["usage"]["cache_read_tokens"]}


LLM_PROMPT_CACHE = Workflow(
    name="llm_prompt_cache",
    run=llm_prompt_cache,
    input_type=LlmPromptCacheInput,
    output_type=LlmPromptCacheOutput,
    triggers=(HttpTrigger("POST", "/api/v1/llm_prompt_cache/execute"),),
    visible=("answer",),
    graph={"nodes": [{"id": "answer", "type": "llm", "after": []}]},
)
