"""ticket_triage: Read a support ticket, decide what it is about, and send it the right way."""

from time import monotonic_ns
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.errors import RaisedError
from app.runtime.http import request_json
from app.runtime.llm_openai import OpenAI
from app.runtime.llm_typed import complete_as
from app.runtime.node import Retry, node
from app.runtime.reply import Reply
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env, Secrets

MODEL = "gpt-5.4-mini"


@with_config(ConfigDict(extra="forbid", strict=True))
class TicketTriageInput(TypedDict):
    subject: Annotated[str, Field(min_length=1, max_length=200)]
    message: Annotated[str, Field(min_length=1, max_length=8000)]
    email: Annotated[str, Field(pattern="^[^@\\s]+@[^@\\s]+$")]


class Ticket(TypedDict):
    number: int
    desk: str


class TicketTriageOutput(TypedDict):
    ticket: Ticket
    category: Literal["billing", "technical", "spam", "other"]
    priority: Literal["low", "normal", "urgent"]


Context = ExecutionContext[TicketTriageInput, Env, Secrets]


class Triage(TypedDict):
    category: Literal["billing", "technical", "spam", "other"]
    priority: Literal["low", "normal", "urgent"]
    summary: str


TRIAGE: TypeAdapter[Triage] = TypeAdapter(Triage)
TICKET: TypeAdapter[Ticket] = TypeAdapter(Ticket)


# triage, flow.yaml:26
@node("triage", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _triage(ctx: Context) -> Triage:
    return await complete_as(
        ctx,
        "triage",
        [OpenAI(MODEL, api_key=ctx.secrets.openai_api_key.get_secret_value(), temperature=0)],
        messages=[{"role": "user", "content": f"Sort this ticket: {ctx.input['subject']}. {ctx.input['message']}"}],
        system="You sort support tickets for a help desk.",
        output=TRIAGE,
        timeout=30.0,
    )


# filed, flow.yaml:53
@node("filed", retry=Retry(max_attempts=2, delay=0.2, max_delay=5.0, errors=("connection",)), timeout=10.0)
async def _filed(ctx: Context, triage: Triage) -> Ticket:
    return await request_json(
        ctx,
        "POST",
        f"{ctx.env.api_url}/tickets",
        TICKET,
        json={"desk": triage["category"], "from": ctx.input["email"], "summary": triage["summary"]},
    )


async def ticket_triage(ctx: Context) -> TicketTriageOutput | Reply:
    """Run the workflow once; gives its output, or an answer of its own."""
    triage = await _triage(ctx)
    # route, flow.yaml:36
    route_started = monotonic_ns()
    route: Ticket
    if triage["category"] == "spam":
        # refused, flow.yaml:41
        raise RaisedError(
            "Not a support request", status=422, detail="This was sorted out as advertising.", node="refused"
        )
    elif triage["category"] == "technical" and triage["priority"] == "urgent":
        # paged, flow.yaml:46
        return Reply({"desk": "on-call", "summary": triage["summary"]}, status=202, headers={"Retry-After": "60"})
    else:
        route = await _filed(ctx, triage)
    ctx.finished("route", route, monotonic_ns() - route_started)
    return {"ticket": route, "category": triage["category"], "priority": triage["priority"]}


TICKET_TRIAGE = Workflow(
    name="ticket_triage",
    run=ticket_triage,
    input_type=TicketTriageInput,
    output_type=TicketTriageOutput,
    triggers=(HttpTrigger("POST", "/api/v1/tickets", status=201),),
    description="Read a support ticket, decide what it is about, and send it the right way.",
    vars={"model": MODEL},
    visible=("triage", "route", "filed"),
    graph={
        "nodes": [
            {"id": "triage", "type": "llm", "after": []},
            {"id": "route", "type": "switch", "after": ["triage"]},
            {"id": "refused", "type": "raise", "after": [], "inside": "route.case 1"},
            {"id": "paged", "type": "respond", "after": [], "inside": "route.case 2"},
            {"id": "filed", "type": "http", "after": [], "inside": "route.default"},
        ]
    },
)
