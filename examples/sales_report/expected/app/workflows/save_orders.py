"""save_orders: Save orders; all of them or none."""

from typing import Annotated

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.connections import DATABASE
from app.runtime.context import ExecutionContext
from app.runtime.node import node
from app.runtime.sql_statement import Statement
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets

SAVED_SQL = Statement(
    "insert into orders (number, ordered_on, region, customer, amount)\n"
    "values ($1, $2, $3, $4, $5)\n"
    "on conflict (number) do update set\n"
    "  ordered_on = excluded.ordered_on, region = excluded.region,\n"
    "  customer = excluded.customer, amount = excluded.amount"
)


class Order(TypedDict):
    number: Annotated[int, Field(ge=1, description="The number that the shop gave it.")]
    ordered_on: Annotated[str, Field(pattern="^\\d{4}-\\d{2}-\\d{2}$")]
    region: str
    customer: Annotated[str, Field(min_length=1, max_length=200)]
    amount: Annotated[int | float, Field(ge=0)]


@with_config(ConfigDict(extra="forbid", strict=True))
class SaveOrdersInput(TypedDict):
    orders: Annotated[list[Order], Field(min_length=1, max_length=1000)]


class SaveOrdersOutput(TypedDict):
    saved: int


Context = ExecutionContext[SaveOrdersInput, None, Secrets]


# saved, save_orders.yaml:12
@node("saved", timeout=10.0)
async def _saved(ctx: Context) -> int:
    return await ctx.pools[DATABASE].execute_many(
        SAVED_SQL,
        [
            [order["number"], order["ordered_on"], order["region"], order["customer"], order["amount"]]
            for order in ctx.input["orders"]
        ],
        seconds=10.0,
    )


async def save_orders(ctx: Context) -> SaveOrdersOutput:
    """Run the workflow once; gives its output."""
    saved = await _saved(ctx)
    return {"saved": saved}


SAVE_ORDERS = Workflow(
    name="save_orders",
    run=save_orders,
    input_type=SaveOrdersInput,
    output_type=SaveOrdersOutput,
    triggers=(HttpTrigger("POST", "/api/v1/orders", status=201),),
    description="Save orders; all of them or none.",
    visible=("saved",),
    graph={"nodes": [{"id": "saved", "type": "sql", "after": []}]},
)
