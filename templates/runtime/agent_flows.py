"""Other workflows of the project as tools of an agent."""

from typing import Any

from .agent_tools import SECONDS, AgentTool, Context, node_tool
from .calls import input_of, run_inside
from .workflow import Workflow


def flow_tool(name: str, description: str, workflow: Workflow, *, seconds: float = SECONDS) -> AgentTool:
    """Another workflow of the project; its input are the arguments."""

    async def run(ctx: Context, arguments: Any) -> object:
        return await run_inside(ctx, workflow, arguments)

    return node_tool(name, description, input_of(workflow), run, seconds=seconds)
