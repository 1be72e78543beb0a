"""The workflow agent_typed."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.agent import run_agent_as
from app.runtime.agent_steps import ToolStep
from app.runtime.agent_tools import node_tool
from app.runtime.context import ExecutionContext
from app.runtime.llm_answers import Usage
from app.runtime.llm_anthropic import Anthropic
from app.runtime.node import node
from app.runtime.values import multiply
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class AgentTypedInput(TypedDict):
    text: str


class AgentTypedOutput(TypedDict):
    decision: str
    reason: str
    rounds: int


Context = ExecutionContext[AgentTypedInput, None, Secrets]


class WordsArgs(TypedDict):
    times: Annotated[int, Field(default=1)]


WORDS_ARGS: TypeAdapter[WordsArgs] = TypeAdapter(WordsArgs)


class Verdict(TypedDict):
    label: Literal["good", "bad"]
    reason: str


VERDICT: TypeAdapter[Verdict] = TypeAdapter(Verdict)


class VerdictResult(TypedDict):
    value: Verdict
    text: str
    steps: list[ToolStep]
    rounds: int
    usage: Usage
    model: str
    finish_reason: str


# verdict, flow.yaml:8
@node("verdict")
async def _verdict(ctx: Context) -> VerdictResult:
    async def words_tool(ctx: Context, args: WordsArgs) -> int:
        # counted, flow.yaml:19
        return multiply(len(ctx.input["text"].split()), args["times"])

    return await run_agent_as(
        ctx,
        "verdict",
        [Anthropic("claude-sonnet-4-6", api_key=ctx.secrets.anthropic_api_key.get_secret_value())],
        messages=[{"role": "user", "content": f"Judge {ctx.input['text']}"}],
        tools=[node_tool("words", "Count the words of the text.", WORDS_ARGS, words_tool)],
        output=VERDICT,
    )


async def agent_typed(ctx: Context) -> AgentTypedOutput:
    """Run the workflow once; gives its output."""
    verdict = await _verdict(ctx)
    # route, flow.yaml:20
    route: str
    if verdict["value"]["label"] == "bad":
        # bad, flow.yaml:22
        bad = "refused"
        ctx.set_output("bad", bad)
        route = bad
    else:
        # good, flow.yaml:23
        good = "accepted"
        ctx.set_output("good", good)
        route = good
    ctx.set_output("route", route)
    return {"decision": route, "reason": verdict["value"]["reason"], "rounds": verdict["rounds"]}


AGENT_TYPED = Workflow(
    name="agent_typed",
    run=agent_typed,
    input_type=AgentTypedInput,
    output_type=AgentTypedOutput,
    triggers=(HttpTrigger("POST", "/api/v1/agent_typed/execute"),),
    visible=("verdict", "route", "bad", "good"),
    graph={
        "nodes": [
            {"id": "verdict", "type": "agent", "after": []},
            {"id": "counted", "type": "set", "after": [], "inside": "verdict.tool words"},
            {"id": "route", "type": "switch", "after": ["verdict"]},
            {"id": "bad", "type": "set", "after": [], "inside": "route.case 1"},
            {"id": "good", "type": "set", "after": [], "inside": "route.default"},
        ]
    },
)
