"""visual_triage: Answer a support message, or hand it to a person."""

import asyncio
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.cache import cached
from app.runtime.context import ExecutionContext
from app.runtime.errors import FlowError
from app.runtime.http import request_json, segment
from app.runtime.llm import complete
from app.runtime.llm_answers import Completion
from app.runtime.llm_anthropic import Anthropic
from app.runtime.node import Retry, node, tolerate
from app.runtime.rate_limit import RateLimit
from app.runtime.reply import Reply
from app.runtime.sse import EventStream
from app.runtime.text import concat
from app.runtime.values import get
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets

DESK = "https://desk.example.com"
MODEL = "claude-sonnet-4-6"


@with_config(ConfigDict(extra="forbid", strict=True))
class VisualTriageInput(TypedDict):
    message: Annotated[str, Field(min_length=1, max_length=4000, description="What the customer writes")]
    channel: Annotated[Literal["chat", "mail", "phone"], Field(default="chat")]
    customer_id: str


Context = ExecutionContext[VisualTriageInput, None, Secrets]


class CallBack(TypedDict):
    tone: str
    hint: str


# customer, flow.json:38
@node("customer", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=3.0)
async def _customer(ctx: Context) -> Any:
    """Look up the customer"""
    return await request_json(ctx, "GET", f"{DESK}/customers/{segment(ctx.input['customer_id'])}", None)


# settle, flow.json:71
@node("settle")
async def _settle(ctx: Context) -> None:
    """Let the customer finish typing"""
    await asyncio.sleep(0.2)


# answer, flow.json:79
@node("answer", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _answer(ctx: Context, customer: Any, letter: CallBack | None, call_back: CallBack | None) -> Completion:
    """Answer"""
    return await complete(
        ctx,
        "answer",
        [Anthropic(MODEL, api_key=ctx.secrets.anthropic_api_key.get_secret_value(), temperature=0.3, max_tokens=400)],
        messages=[
            {
                "role": "user",
                "content": concat(
                    "Customer on plan ",
                    get(customer, "plan"),
                    " writes: ",
                    ctx.input["message"],
                    "\nTone: ",
                    call_back["tone"] if call_back is not None else letter["tone"] if letter is not None else "casual",
                ),
            }
        ],
        system="You answer for the help desk. Be brief and kind.",
        stream=True,
        timeout=120.0,
    )


async def visual_triage(ctx: Context) -> Completion | Reply | None:
    """Run the workflow once; gives its output, or an answer of its own."""
    # is_empty, flow.json:24
    is_empty = ctx.input["message"].strip() == ""
    ctx.set_output("is_empty", is_empty)
    # nothing, flow.json:31
    if is_empty:
        ctx.respond(Reply({"detail": "the message is empty"}, status=400))
        ctx.set_output("nothing", None)
    customer: Any = None
    by_channel: Literal["case0", "case1", "default"] | None = None
    # customer, flow.json:38
    if not is_empty:
        try:
            customer = await cached(ctx, "customer", (ctx.input["customer_id"],), 600.0, partial(_customer, ctx))
        except FlowError as error:
            tolerate(ctx, "customer", error)
            customer = {"name": "customer", "plan": "free"}
            ctx.set_output("customer", customer)
        # by_channel, flow.json:50
        by_channel = (
            "case0" if ctx.input["channel"] == "phone" else "case1" if ctx.input["channel"] == "mail" else "default"
        )
        ctx.set_output("by_channel", by_channel)
    call_back: CallBack | None = None
    # call_back, flow.json:57
    if by_channel == "case0":
        call_back = {"tone": "short", "hint": "Offer to call back."}
        ctx.set_output("call_back", call_back)
    letter: CallBack | None = None
    # letter, flow.json:64
    if by_channel == "case1":
        letter = {"tone": "formal", "hint": "Write a letter."}
        ctx.set_output("letter", letter)
    # settle, flow.json:71
    if by_channel == "default":
        await _settle(ctx)
    answer: Completion | None = None
    # answer, flow.json:79
    if not is_empty:
        answer = await _answer(ctx, customer, letter, call_back)
    return answer


VISUAL_TRIAGE = Workflow(
    name="visual_triage",
    run=visual_triage,
    input_type=VisualTriageInput,
    output_type=Completion | None,
    triggers=(
        HttpTrigger("POST", "/api/v1/triage", rate_limit=RateLimit(60, 60.0), events=("token", "done", "error")),
    ),
    description="Answer a support message, or hand it to a person.",
    vars={"MODEL": MODEL, "DESK": DESK},
    stream=EventStream(),
    timeout=60.0,
    visible=("is_empty", "customer", "by_channel", "call_back", "letter", "settle", "answer"),
    graph={
        "nodes": [
            {"id": "is_empty", "type": "set", "after": []},
            {"id": "customer", "type": "http", "after": ["is_empty"]},
            {"id": "by_channel", "type": "set", "after": ["customer"]},
            {"id": "call_back", "type": "set", "after": ["by_channel"]},
            {"id": "letter", "type": "set", "after": ["by_channel"]},
            {"id": "settle", "type": "wait", "after": ["by_channel"]},
            {"id": "nothing", "type": "respond", "after": ["is_empty"]},
            {"id": "answer", "type": "llm", "after": ["settle", "is_empty", "customer", "call_back", "letter"]},
        ]
    },
    continues=True,
)
