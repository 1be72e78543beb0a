"""fallback_of_type: A default that fits the declared type keeps it; one with more fields is a type beside it."""

from typing import Literal

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.errors import FlowError
from app.runtime.http import request_json
from app.runtime.node import Retry, node, tolerate
from app.runtime.tasks import TaskGroup
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class FallbackOfTypeInput(TypedDict):
    """Nothing is needed."""


class FallbackOfTypeOutput(TypedDict):
    fits: bool
    more: str


Context = ExecutionContext[FallbackOfTypeInput, Env, None]


class Verdict(TypedDict):
    decision: Literal["pay", "ask"]
    score: int | float


VERDICT: TypeAdapter[Verdict] = TypeAdapter(Verdict)


class More(TypedDict):
    decision: str
    score: int
    why: str


# fits, flow.yaml:8
@node("fits", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _fits(ctx: Context) -> Verdict:
    return await request_json(ctx, "GET", f"{ctx.env.api_url}/first", VERDICT)


# more, flow.yaml:13
@node("more", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _more(ctx: Context) -> Verdict:
    return await request_json(ctx, "GET", f"{ctx.env.api_url}/second", VERDICT)


async def fallback_of_type(ctx: Context) -> FallbackOfTypeOutput:
    """Run the workflow once; gives its output."""

    async def run_fits() -> Verdict:
        fits: Verdict
        try:
            fits = await _fits(ctx)
        except FlowError as error:
            tolerate(ctx, "fits", error)
            fits = {"decision": "ask", "score": 0}
            ctx.set_output("fits", fits)
        return fits

    async def run_more() -> Verdict | More:
        more: Verdict | More
        try:
            more = await _more(ctx)
        except FlowError as error:
            tolerate(ctx, "more", error)
            more = {"decision": "ask", "score": 0, "why": "no answer"}
            ctx.set_output("more", more)
        return more

    async with TaskGroup() as group:
        fits_task = group.create_task(run_fits())
        more_task = group.create_task(run_more())
    fits = fits_task.result()
    more = more_task.result()
    return {"fits": fits["decision"] == "ask", "more": more["decision"]}


FALLBACK_OF_TYPE = Workflow(
    name="fallback_of_type",
    run=fallback_of_type,
    input_type=FallbackOfTypeInput,
    output_type=FallbackOfTypeOutput,
    triggers=(HttpTrigger("POST", "/api/v1/fallback_of_type/execute"),),
    description="A default that fits the declared type keeps it; one with more fields is a type beside it.",
    visible=("fits", "more"),
    graph={"nodes": [{"id": "fits", "type": "http", "after": []}, {"id": "more", "type": "http", "after": []}]},
)
