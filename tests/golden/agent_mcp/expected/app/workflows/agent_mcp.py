"""The workflow agent_mcp."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.connections import TICKETS_MCP
from app.runtime.agent import AgentAnswer, run_agent
from app.runtime.agent_mcp import McpTools
from app.runtime.context import ExecutionContext
from app.runtime.llm_openai import OpenAI
from app.runtime.node import node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class AgentMcpInput(TypedDict):
    question: str


class AgentMcpOutput(TypedDict):
    text: str


Context = ExecutionContext[AgentMcpInput, None, Secrets]


# answer, agent_mcp.yaml:6
@node("answer")
async def _answer(ctx: Context) -> AgentAnswer:
    return await run_agent(
        ctx,
        "answer",
        [OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value())],
        messages=[{"role": "user", "content": ctx.input["question"]}],
        tools=[
            McpTools(
                TICKETS_MCP,
                token=ctx.secrets.tickets_mcp_token.get_secret_value(),
                only=("find_ticket", "close_ticket"),
                seconds=10.0,
            )
        ],
    )


async def agent_mcp(ctx: Context) -> AgentMcpOutput:
    """Run the workflow once; gives its output."""
    answer = await _answer(ctx)
    return {"text": answer["text"]}


AGENT_MCP = Workflow(
    name="agent_mcp",
    run=agent_mcp,
    input_type=AgentMcpInput,
    output_type=AgentMcpOutput,
    triggers=(HttpTrigger("POST", "/api/v1/agent_mcp/execute"),),
    visible=("answer",),
    graph={"nodes": [{"id": "answer", "type": "agent", "after": []}]},
)
