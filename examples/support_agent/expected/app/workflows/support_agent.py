"""support_agent: Answers customers, looks things up and remembers what was said."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.connections import REDIS
from app.runtime.agent import AgentAnswer, AgentLimits, run_agent
from app.runtime.agent_flows import flow_tool
from app.runtime.agent_tools import function_tool, node_tool
from app.runtime.context import ExecutionContext
from app.runtime.llm_openai import OpenAI
from app.runtime.memory import Window, recall
from app.runtime.memory_store import StoreMemory
from app.runtime.node import node
from app.runtime.values import coalesce, soft
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets
from app.workflows.open_ticket import OPEN_TICKET
from lib.orders import find_order


@with_config(ConfigDict(extra="forbid", strict=True))
class SupportAgentInput(TypedDict):
    session: Annotated[str, Field(min_length=1, max_length=100)]
    message: Annotated[str, Field(min_length=1, max_length=2000)]


class SupportAgentOutput(TypedDict):
    answer: str
    used: list[str]
    rounds: int


Context = ExecutionContext[SupportAgentInput, None, Secrets]


class OpeningHoursArgs(TypedDict):
    day: Literal["weekday", "saturday", "sunday"]


class Hours(TypedDict):
    saturday: str
    sunday: str


HOURS: Hours = {"saturday": "10 to 14", "sunday": "closed"}
OPENING_HOURS_ARGS: TypeAdapter[OpeningHoursArgs] = TypeAdapter(OpeningHoursArgs)


class FindOrderArgs(TypedDict):
    number: int


FIND_ORDER_ARGS: TypeAdapter[FindOrderArgs] = TypeAdapter(FindOrderArgs)


# answer, support_agent.yaml:12
@node("answer")
async def _answer(ctx: Context) -> AgentAnswer:
    async def opening_hours_tool(ctx: Context, args: OpeningHoursArgs) -> Any:
        # hours, support_agent.yaml:30
        return coalesce(soft(HOURS, args["day"]), "9 to 18")

    return await run_agent(
        ctx,
        "answer",
        [OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value())],
        messages=[{"role": "user", "content": ctx.input["message"]}],
        tools=[
            function_tool(
                "find_order",
                "An order by its number: what it is, where it is and when it arrives. None when there is no such order.",
                FIND_ORDER_ARGS,
                find_order,
            ),
            flow_tool(OPEN_TICKET.name, OPEN_TICKET.description, OPEN_TICKET),
            node_tool(
                "opening_hours", "When the shop is open on a day of the week.", OPENING_HOURS_ARGS, opening_hours_tool
            ),
        ],
        system=(
            "You are the support of a small shop. Look things up before you answer.\n"
            "Open a ticket only when a person has to decide.\n"
        ),
        limits=AgentLimits(rounds=6, tokens=20000, seconds=120.0),
        memory=await recall(
            ctx, "answer", StoreMemory(ctx.pools[REDIS]), ctx.input["session"], window=Window(messages=30), ttl=86400.0
        ),
    )


async def support_agent(ctx: Context) -> SupportAgentOutput:
    """Run the workflow once; gives its output."""
    answer = await _answer(ctx)
    return {"answer": answer["text"], "used": [item["tool"] for item in answer["steps"]], "rounds": answer["rounds"]}


SUPPORT_AGENT = Workflow(
    name="support_agent",
    run=support_agent,
    input_type=SupportAgentInput,
    output_type=SupportAgentOutput,
    triggers=(HttpTrigger("POST", "/api/v1/support"),),
    description="Answers customers, looks things up and remembers what was said.",
    vars={"hours": HOURS},
    visible=("answer",),
    graph={
        "nodes": [
            {"id": "answer", "type": "agent", "after": []},
            {"id": "hours", "type": "set", "after": [], "inside": "answer.tool opening_hours"},
        ]
    },
)
