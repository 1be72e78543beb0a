"""The workflow types."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.moments import Moment
from app.runtime.workflow import HttpTrigger, Workflow


class Line(TypedDict):
    title: str
    price: int | float
    amount: Annotated[int, Field(default=1)]


class Order(TypedDict):
    lines: list[Line]
    due: Moment
    notes: dict[str, str]
    kind: Literal["small", "large"]
    by: str | None


@with_config(ConfigDict(extra="forbid", strict=True))
class TypesInput(TypedDict):
    order: Order
    extra: Any
    ratio: Annotated[int | float, Field(default=0.5, ge=0, le=1)]


class TypesOutput(TypedDict):
    total: int | float
    due: str
    keys: list[str]
    large: bool
    by: str
    extra: Any


Context = ExecutionContext[TypesInput, None, None]


async def types(ctx: Context) -> TypesOutput:
    """Run the workflow once; gives its output."""
    # total, flow.yaml:8
    total: int | float = sum(l["price"] * l["amount"] for l in ctx.input["order"]["lines"])
    ctx.set_output("total", total)
    return {
        "total": total * ctx.input["ratio"],
        "due": ctx.input["order"]["due"].strftime("%Y-%m-%d"),
        "keys": sorted(ctx.input["order"]["notes"], key=str.lower),
        "large": ctx.input["order"]["kind"] == "large",
        "by": ctx.input["order"]["by"] if ctx.input["order"]["by"] is not None else "nobody",
        "extra": ctx.input["extra"],
    }


TYPES = Workflow(
    name="types",
    run=types,
    input_type=TypesInput,
    output_type=TypesOutput,
    triggers=(HttpTrigger("POST", "/api/v1/types/execute"),),
    visible=("total",),
    graph={"nodes": [{"id": "total", "type": "set", "after": []}]},
)
