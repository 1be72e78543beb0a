"""The workflow agent."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.agent import AgentAnswer, AgentLimits, run_agent
from app.runtime.agent_flows import flow_tool
from app.runtime.agent_schemas import with_schema
from app.runtime.agent_tools import coroutine_tool, function_tool, node_tool
from app.runtime.context import ExecutionContext
from app.runtime.http import request_json, segment
from app.runtime.json_schema import JsonSchema
from app.runtime.llm_openai import OpenAI
from app.runtime.node import Retry, node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets
from app.workflows.refund import REFUND
from lib.orders import count_orders, find_order


@with_config(ConfigDict(extra="forbid", strict=True))
class AgentInput(TypedDict):
    question: str
    customer: str


class AgentOutput(TypedDict):
    text: str
    tools: list[str]
    results: list[Any]
    errors: list[str | None]


Context = ExecutionContext[AgentInput, None, Secrets]


class TrackArgs(TypedDict):
    parcel: Annotated[str, Field(pattern="^[0-9]+$", description="Its number.")]
    carrier: Annotated[str, Field(default="post")]


class Place(TypedDict):
    place: str


PLACE: TypeAdapter[Place] = TypeAdapter(Place)
TRACK_ARGS: TypeAdapter[TrackArgs] = TypeAdapter(TrackArgs)


class FindOrderArgs(TypedDict):
    number: int
    part: NotRequired[Literal["state", "all"]]


FIND_ORDER_ARGS: TypeAdapter[FindOrderArgs] = TypeAdapter(FindOrderArgs)


class CountOrdersArgs(TypedDict):
    customer: str


COUNT_ORDERS_ARGS: TypeAdapter[CountOrdersArgs] = TypeAdapter(CountOrdersArgs)

ANSWER_ORDERS_OF_SCHEMA: JsonSchema[dict[str, Any]] = JsonSchema(
    {
        "type": "object",
        "properties": {"customer": {"type": "string", "minLength": 2, "description": "Their full name."}},
    }
)


# answer, flow.yaml:7
@node("answer")
async def _answer(ctx: Context, known: str) -> AgentAnswer:
    """Answers questions about orders."""

    async def track_tool(ctx: Context, args: TrackArgs) -> str:
        place = await _place(ctx, args)
        # told, flow.yaml:34
        return f"{known}: {place['place']}"

    return await run_agent(
        ctx,
        "answer",
        [OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value())],
        messages=[{"role": "user", "content": ctx.input["question"]}],
        tools=[
            function_tool("find_order", "An order by its number.", FIND_ORDER_ARGS, find_order),
            with_schema(
                coroutine_tool(
                    "orders_of", "How many orders somebody has.", COUNT_ORDERS_ARGS, count_orders, seconds=5.0
                ),
                ANSWER_ORDERS_OF_SCHEMA,
            ),
            flow_tool(REFUND.name, REFUND.description, REFUND),
            node_tool("track", "Where a parcel is.", TRACK_ARGS, track_tool),
        ],
        system=f"You help {known}.",
        limits=AgentLimits(rounds=4, tokens=2000, seconds=60.0, beside=2),
    )


# place, flow.yaml:30
@node("place", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _place(ctx: Context, args: TrackArgs) -> Place:
    return await request_json(
        ctx, "GET", f"https://carrier.test/{segment(args['carrier'])}/{segment(args['parcel'])}", PLACE
    )


async def agent(ctx: Context) -> AgentOutput:
    """Run the workflow once; gives its output."""
    # known, flow.yaml:6
    known = ctx.input["customer"].upper()
    ctx.set_output("known", known)
    answer = await _answer(ctx, known)
    return {
        "text": answer["text"],
        "tools": [item["tool"] for item in answer["steps"]],
        "results": [item["result"] for item in answer["steps"]],
        "errors": [item["error"] for item in answer["steps"]],
    }


AGENT = Workflow(
    name="agent",
    run=agent,
    input_type=AgentInput,
    output_type=AgentOutput,
    triggers=(HttpTrigger("POST", "/api/v1/agent/execute"),),
    visible=("known", "answer"),
    graph={
        "nodes": [
            {"id": "known", "type": "set", "after": []},
            {"id": "answer", "type": "agent", "after": ["known"]},
            {"id": "place", "type": "http", "after": [], "inside": "answer.tool track"},
            {"id": "told", "type": "set", "after": ["place"], "inside": "answer.tool track"},
        ]
    },
)
