"""refund: Pay an order back."""

from typing import Annotated

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.workflow import Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class RefundInput(TypedDict):
    number: int
    reason: Annotated[str, Field(default="none given", max_length=100)]


class RefundOutput(TypedDict):
    text: str


Context = ExecutionContext[RefundInput, None, Secrets]


async def refund(ctx: Context) -> RefundOutput:
    """Run the workflow once; gives its output."""
    # paid, refund.yaml:7
    paid = f"paid {ctx.input['number']}: {ctx.input['reason']}"
    ctx.set_output("paid", paid)
    return {"text": paid}


REFUND = Workflow(
    name="refund",
    run=refund,
    input_type=RefundInput,
    output_type=RefundOutput,
    description="Pay an order back.",
    visible=("paid",),
    graph={"nodes": [{"id": "paid", "type": "set", "after": []}]},
)
