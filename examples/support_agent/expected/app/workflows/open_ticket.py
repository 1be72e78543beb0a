"""open_ticket: Open a ticket for a colleague when something is damaged, lost or has to be decided by a person."""

from typing import Annotated

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.run_log import log_node
from app.runtime.workflow import Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class OpenTicketInput(TypedDict):
    number: Annotated[int, Field(description="The number of the order.")]
    problem: Annotated[str, Field(max_length=500, description="What is wrong.")]


class OpenTicketOutput(TypedDict):
    ticket: str
    promised: str


Context = ExecutionContext[OpenTicketInput, None, Secrets]


async def open_ticket(ctx: Context) -> OpenTicketOutput:
    """Run the workflow once; gives its output."""
    # noted, open_ticket.yaml:9
    log_node(ctx, "info", "noted", "ticket opened", {"number": ctx.input["number"]})
    return {"ticket": f"T-{ctx.input['number']}", "promised": "an answer within a day"}


OPEN_TICKET = Workflow(
    name="open_ticket",
    run=open_ticket,
    input_type=OpenTicketInput,
    output_type=OpenTicketOutput,
    description="Open a ticket for a colleague when something is damaged, lost or has to be decided by a person.",
    graph={"nodes": [{"id": "noted", "type": "log", "after": []}]},
)
