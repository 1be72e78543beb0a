"""The workflow files."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.connections import FILES_MCP
from app.runtime.agent import AgentAnswer, run_agent
from app.runtime.agent_mcp import McpTools
from app.runtime.context import ExecutionContext
from app.runtime.llm_openai import OpenAI
from app.runtime.node import node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class FilesInput(TypedDict):
    question: str


class FilesOutput(TypedDict):
    text: str


Context = ExecutionContext[FilesInput, None, Secrets]


# answer, files.yaml:6
@node("answer")
async def _answer(ctx: Context) -> AgentAnswer:
    return await run_agent(
        ctx,
        "answer",
        [OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value())],
        messages=[{"role": "user", "content": ctx.input["question"]}],
        tools=[McpTools(FILES_MCP)],
    )


async def files(ctx: Context) -> FilesOutput:
    """Run the workflow once; gives its output."""
    answer = await _answer(ctx)
    return {"text": answer["text"]}


FILES = Workflow(
    name="files",
    run=files,
    input_type=FilesInput,
    output_type=FilesOutput,
    triggers=(HttpTrigger("POST", "/api/v1/files/execute"),),
    visible=("answer",),
    graph={"nodes": [{"id": "answer", "type": "agent", "after": []}]},
)
