"""sales_report: The sales of a period as an Excel workbook, by region against the plan and order by order."""

import asyncio
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.connections import DATABASE
from app.runtime.conform import conform
from app.runtime.context import ExecutionContext
from app.runtime.excel_write import Sheet, write_excel
from app.runtime.grouping import grouped, largest_of, total_of
from app.runtime.joining import left_join
from app.runtime.node import Retry, node
from app.runtime.reply import Reply
from app.runtime.sql_statement import Statement
from app.runtime.tasks import TaskGroup
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets

ORDERS_SQL = Statement(
    "select number, ordered_on, region, customer, amount from orders\n"
    "where ordered_on between $1 and $2\n"
    "order by ordered_on, number"
)

REGIONS_SQL = Statement("select name as region, manager, target from regions order by name")


@with_config(ConfigDict(extra="forbid", strict=True))
class SalesReportInput(TypedDict):
    since: Annotated[str, Field(pattern="^\\d{4}-\\d{2}-\\d{2}$", description="The first day.")]
    until: Annotated[str, Field(pattern="^\\d{4}-\\d{2}-\\d{2}$", description="The last day.")]


@with_config(ConfigDict(extra="forbid"))
class SalesReportParameters(TypedDict):
    since: Annotated[str, Field(pattern="^\\d{4}-\\d{2}-\\d{2}$", description="The first day.")]
    until: Annotated[str, Field(pattern="^\\d{4}-\\d{2}-\\d{2}$", description="The last day.")]


Context = ExecutionContext[SalesReportInput, None, Secrets]


class OrdersItem(TypedDict):
    number: int
    ordered_on: str
    region: str
    customer: str
    amount: int | float


ORDERS_ITEM_LIST: TypeAdapter[list[OrdersItem]] = TypeAdapter(list[OrdersItem])


class TotalsItem(TypedDict):
    region: str
    orders: int
    sales: int | float
    largest: int | float


class RegionsItem(TypedDict):
    region: str
    manager: str
    target: int | float


REGIONS_ITEM_LIST: TypeAdapter[list[RegionsItem]] = TypeAdapter(list[RegionsItem])


class PlanItem(TypedDict):
    region: str
    manager: str
    target: int | float
    orders: int | None
    sales: int | float | None
    largest: int | float | None


class RowsItem(TypedDict):
    region: str
    manager: str
    orders: int
    largest: int | float | None
    sales: int | float
    target: int | float
    difference: int | float


# regions, sales_report.yaml:13
@node("regions", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _regions(ctx: Context) -> list[RegionsItem]:
    return conform(REGIONS_ITEM_LIST, await ctx.pools[DATABASE].fetch_all(REGIONS_SQL, seconds=10.0, read_only=True))


# orders, sales_report.yaml:16
@node("orders", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _orders(ctx: Context) -> list[OrdersItem]:
    return conform(
        ORDERS_ITEM_LIST,
        await ctx.pools[DATABASE].fetch_all(
            ORDERS_SQL, [ctx.input["since"], ctx.input["until"]], seconds=10.0, read_only=True
        ),
    )


# workbook, sales_report.yaml:45
@node("workbook", timeout=60.0)
async def _workbook(ctx: Context, rows: list[RowsItem], orders: list[OrdersItem]) -> bytes:
    return await asyncio.to_thread(
        write_excel,
        {
            "Regions": Sheet(
                rows,
                {
                    "Region": ["region"],
                    "Manager": ["manager"],
                    "Orders": ["orders"],
                    "Largest order": ["largest"],
                    "Sales": ["sales"],
                    "Target": ["target"],
                    "Difference": ["difference"],
                },
            ),
            "Orders": Sheet(
                orders,
                {
                    "Number": ["number"],
                    "Day": ["ordered_on"],
                    "Region": ["region"],
                    "Customer": ["customer"],
                    "Amount": ["amount"],
                },
            ),
        },
    )


async def sales_report(ctx: Context) -> Reply | None:
    """Run the workflow once; gives its output, or an answer of its own."""

    async def orders_then_totals() -> tuple[list[OrdersItem], list[TotalsItem]]:
        orders = await _orders(ctx)
        # totals, sales_report.yaml:24
        totals: list[TotalsItem] = [
            {
                "region": key[0],
                "orders": len(rows),
                "sales": total_of(rows, "amount"),
                "largest": largest_of(rows, "amount"),
            }
            for key, rows in grouped(orders, ["region"])
        ]
        ctx.set_output("totals", totals)
        return orders, totals

    async with TaskGroup() as group:
        regions_task = group.create_task(_regions(ctx))
        orders_task = group.create_task(orders_then_totals())
    regions = regions_task.result()
    orders, totals = orders_task.result()
    # plan, sales_report.yaml:30
    plan: list[PlanItem] = [
        {
            "region": left["region"],
            "manager": left["manager"],
            "target": left["target"],
            "orders": right["orders"] if right is not None else None,
            "sales": right["sales"] if right is not None else None,
            "largest": right["largest"] if right is not None else None,
        }
        for left, right in left_join(regions, totals, [["region"]], [["region"]])
    ]
    ctx.set_output("plan", plan)
    # rows, sales_report.yaml:37
    rows: list[RowsItem] = [
        {
            "region": row["region"],
            "manager": row["manager"],
            "orders": row["orders"] if row["orders"] is not None else 0,
            "largest": row["largest"],
            "sales": row["sales"] if row["sales"] is not None else 0,
            "target": row["target"],
            "difference": (row["sales"] if row["sales"] is not None else 0) - row["target"],
        }
        for row in plan
    ]
    ctx.set_output("rows", rows)
    workbook = await _workbook(ctx, rows, orders)
    # file, sales_report.yaml:62
    return Reply(
        workbook,
        headers={
            "Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "Content-Disposition": f"attachment; filename=\"sales-{ctx.input['since']}-{ctx.input['until']}.xlsx\"",
        },
    )


SALES_REPORT = Workflow(
    name="sales_report",
    run=sales_report,
    input_type=SalesReportInput,
    output_type=None,
    triggers=(
        HttpTrigger(
            "GET",
            "/api/v1/report",
            parameters={"since": "query", "until": "query"},
            parameters_type=SalesReportParameters,
        ),
    ),
    description="The sales of a period as an Excel workbook, by region against the plan and order by order.",
    visible=("regions", "orders", "totals", "plan", "rows", "workbook"),
    graph={
        "nodes": [
            {"id": "regions", "type": "sql", "after": []},
            {"id": "orders", "type": "sql", "after": []},
            {"id": "totals", "type": "aggregate", "after": ["orders"]},
            {"id": "plan", "type": "join", "after": ["regions", "totals"]},
            {"id": "rows", "type": "set", "after": ["plan"]},
            {"id": "workbook", "type": "excel", "after": ["rows", "orders"]},
            {"id": "file", "type": "respond", "after": ["workbook"]},
        ]
    },
)
