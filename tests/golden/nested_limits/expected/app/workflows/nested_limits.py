"""nested_limits: Limits and defaults hold wherever data comes in, also inside lists and named types."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_json
from app.runtime.node import Retry, node
from app.runtime.values import soft
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


class Line(TypedDict):
    sku: Annotated[str, Field(min_length=2, pattern="^[A-Z]", description="What is bought.")]
    count: Annotated[int, Field(default=1, ge=1)]
    level: Annotated[Literal[1, 2, 3], Field(default=2)]
    tags: Annotated[list[Annotated[str, Field(max_length=5)]], Field(default=["new"])]


@with_config(ConfigDict(extra="forbid", strict=True))
class NestedLimitsInput(TypedDict):
    lines: Annotated[list[Line], Field(min_length=1)]
    scores: Annotated[list[Annotated[int | float, Field(ge=0, le=1)]], Field(default=[0.5])]


class NestedLimitsOutput(TypedDict):
    count: int
    first: Line | None
    note: Annotated[str, Field(description="What the service says of it.")]


Context = ExecutionContext[NestedLimitsInput, Env, None]


class Answer(TypedDict):
    score: Annotated[int | float, Field(ge=0, le=1)]
    note: Annotated[str, Field(default="none given")]


ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)


# answer, flow.yaml:19
@node("answer", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _answer(ctx: Context) -> Answer:
    return await request_json(ctx, "GET", f"{ctx.env.api_url}/answer", ANSWER)


async def nested_limits(ctx: Context) -> NestedLimitsOutput:
    """Run the workflow once; gives its output."""
    # count, flow.yaml:18
    count = sum(line["count"] for line in ctx.input["lines"])
    ctx.set_output("count", count)
    answer = await _answer(ctx)
    return {"count": count, "first": soft(ctx.input["lines"], 0), "note": answer["note"]}


NESTED_LIMITS = Workflow(
    name="nested_limits",
    run=nested_limits,
    input_type=NestedLimitsInput,
    output_type=NestedLimitsOutput,
    triggers=(HttpTrigger("POST", "/api/v1/nested_limits/execute"),),
    description="Limits and defaults hold wherever data comes in, also inside lists and named types.",
    visible=("count", "answer"),
    graph={"nodes": [{"id": "count", "type": "set", "after": []}, {"id": "answer", "type": "http", "after": []}]},
)
