"""The workflow llm_stream."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.llm import complete
from app.runtime.llm_answers import Completion
from app.runtime.llm_openai import OpenAI
from app.runtime.node import Retry, node
from app.runtime.sse import EventStream
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class LlmStreamInput(TypedDict):
    topic: str


class LlmStreamOutput(TypedDict):
    poem: str


Context = ExecutionContext[LlmStreamInput, None, Secrets]


# poem, flow.yaml:7
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


async def llm_stream(ctx: Context) -> LlmStreamOutput:
    """Run the workflow once; gives its output."""
    poem = await _poem(ctx)
    return {"poem": poem["text"]}


LLM_STREAM = Workflow(
    name="llm_stream",
    run=llm_stream,
    input_type=LlmStreamInput,
    output_type=LlmStreamOutput,
    triggers=(HttpTrigger("POST", "/stream", events=("token", "done", "error")),),
    stream=EventStream(),
    visible=("poem",),
    graph={"nodes": [{"id": "poem", "type": "llm", "after": []}]},
)
