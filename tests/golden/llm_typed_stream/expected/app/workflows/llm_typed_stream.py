"""The workflow llm_typed_stream."""

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.llm_anthropic import Anthropic
from app.runtime.llm_typed import complete_as
from app.runtime.node import Retry, node
from app.runtime.sse import EventStream
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class LlmTypedStreamInput(TypedDict):
    topic: str


class Plan(TypedDict):
    title: str
    steps: list[str]


class LlmTypedStreamOutput(TypedDict):
    plan: Plan


Context = ExecutionContext[LlmTypedStreamInput, None, Secrets]
PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)


# plan, flow.yaml:8
@node("plan", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _plan(ctx: Context) -> Plan:
    return await complete_as(
        ctx,
        "plan",
        [Anthropic("m", api_key=ctx.secrets.anthropic_api_key.get_secret_value())],
        messages=[{"role": "user", "content": f"A plan for {ctx.input['topic']}"}],
        stream=True,
        output=PLAN,
        timeout=120.0,
    )


async def llm_typed_stream(ctx: Context) -> LlmTypedStreamOutput:
    """Run the workflow once; gives its output."""
    plan = await _plan(ctx)
    return {"plan": plan}


LLM_TYPED_STREAM = Workflow(
    name="llm_typed_stream",
    run=llm_typed_stream,
    input_type=LlmTypedStreamInput,
    output_type=LlmTypedStreamOutput,
    triggers=(HttpTrigger("POST", "/plan", events=("object", "done", "error")),),
    stream=EventStream(),
    visible=("plan",),
    graph={"nodes": [{"id": "plan", "type": "llm", "after": []}]},
)
