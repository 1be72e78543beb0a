"""The workflow csv."""

import asyncio
from time import monotonic_ns
from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.contents import text_of
from app.runtime.context import ExecutionContext
from app.runtime.csv_read import CsvForm, read_csv, read_lists, read_part
from app.runtime.csv_write import write_csv
from app.runtime.files import UploadedFile
from app.runtime.moments import Moment
from app.runtime.node import node
from app.runtime.run_log import log_event
from app.runtime.tables import Records
from app.runtime.tasks import InnerGroup, TaskGroup
from app.runtime.values import get
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class CsvInput(TypedDict):
    orders: UploadedFile
    plain: Annotated[str, Field(default="")]
    raw: Annotated[Any, Field(default="a;b")]


class CsvTotal(TypedDict):
    at: int | None
    sum: int
    parts: int


class CsvOutput(TypedDict):
    notes: list[str]
    prices: list[int | float]
    ids: int
    plain: list[str]
    lists: list[list[str]]
    named: list[str]
    total: CsvTotal
    written: str
    chosen: str
    loose: str


Context = ExecutionContext[CsvInput, None, None]
PLAIN: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])
PLAIN_ROWS: Records[dict[str, str]] = Records(PLAIN, texts=None)


class Order(TypedDict):
    id: int
    region: str
    price: int | float | None
    day: Moment | None
    note: NotRequired[str]
    paid: bool


ORDER: TypeAdapter[Order] = TypeAdapter(Order)

PART_ROWS: Records[Order] = Records(
    ORDER, columns=("id", "region", "price", "day", "paid"), texts=frozenset(["region"]), optional=frozenset(["note"])
)


class Part(TypedDict):
    rows: list[Order]
    next: int | None


ORDERS_ROWS: Records[Order] = Records(
    ORDER, columns=("id", "region", "price", "day", "paid"), texts=frozenset(["region"]), optional=frozenset(["note"])
)


class Declared(TypedDict):
    id: int
    region: str


DECLARED: TypeAdapter[Declared] = TypeAdapter(Declared)

DECLARED_ROWS: Records[Declared] = Records(DECLARED, columns=("id", "region"), texts=frozenset(["region"]))


class Named(TypedDict):
    first: str
    second: str


NAMED: TypeAdapter[Named] = TypeAdapter(Named)

NAMED_ROWS: Records[Named] = Records(NAMED, columns=("first", "second"), texts=frozenset(["first", "second"]))


# orders, flow.yaml:10
@node("orders", timeout=30.0)
async def _orders(ctx: Context) -> list[Order]:
    return await asyncio.to_thread(read_csv, text_of(ctx.input["orders"]["content"]), ORDERS_ROWS, CsvForm())


# declared, flow.yaml:11
@node("declared", timeout=30.0)
async def _declared(ctx: Context) -> list[Declared]:
    return await asyncio.to_thread(read_csv, text_of(get(ctx.input["orders"], "content")), DECLARED_ROWS, CsvForm())


# plain, flow.yaml:12
@node("plain", timeout=30.0)
async def _plain(ctx: Context) -> list[dict[str, str]]:
    return await asyncio.to_thread(read_csv, text_of(ctx.input["plain"]), PLAIN_ROWS, CsvForm(max_rows=3))


# lists, flow.yaml:13
@node("lists", timeout=30.0)
async def _lists(ctx: Context) -> list[list[str]]:
    return await asyncio.to_thread(
        read_lists, text_of(ctx.input["raw"]), CsvForm(delimiter=";", header=False, columns=())
    )


# named, flow.yaml:14
@node("named", timeout=30.0)
async def _named(ctx: Context) -> list[Named]:
    return await asyncio.to_thread(
        read_csv,
        text_of(ctx.input["raw"]),
        NAMED_ROWS,
        CsvForm(delimiter=";", header=False, columns=("first", "second")),
    )


# part, flow.yaml:20
@node("part", timeout=30.0)
async def _part(ctx: Context, at: int | None) -> Part:
    read = await asyncio.to_thread(read_part, text_of(ctx.input["orders"]["content"]), PART_ROWS, CsvForm(), at, 2)
    return {"rows": read.rows, "next": read.next}


# written, flow.yaml:25
@node("written", timeout=30.0)
async def _written(ctx: Context, orders: list[Order]) -> str:
    return await asyncio.to_thread(
        write_csv,
        orders,
        {"id": ["id"], "region": ["region"], "price": ["price"], "day": ["day"], "note": ["note"], "paid": ["paid"]},
    )


# chosen, flow.yaml:26
@node("chosen", timeout=30.0)
async def _chosen(ctx: Context, orders: list[Order]) -> str:
    return await asyncio.to_thread(
        write_csv, orders, {"Number": ["id"], "Region": ["region"]}, header=False, delimiter=";", keep_formulas=True
    )


# loose, flow.yaml:29
@node("loose", timeout=30.0)
async def _loose(ctx: Context, plain: list[dict[str, str]]) -> str:
    return await asyncio.to_thread(write_csv, plain)


async def csv(ctx: Context) -> CsvOutput:
    """Run the workflow once; gives its output."""

    async def plain_then_loose() -> tuple[list[dict[str, str]], str]:
        plain = await _plain(ctx)
        loose = await _loose(ctx, plain)
        return plain, loose

    async def run_total() -> CsvTotal:
        # total, flow.yaml:15
        total_started = monotonic_ns()
        at: int | None = 0
        sum_: int = 0
        parts: int = 0
        for _ in range(1000):
            if at is None:
                break
            part = await _part(ctx, at)
            at, sum_, parts = part["next"], sum_ + sum(r["id"] for r in part["rows"]), parts + 1
        else:
            if at is not None:
                log_event(ctx, "warning", "total", "stopped after 1000 rounds, its condition would go on")
        total: CsvTotal = {"at": at, "sum": sum_, "parts": parts}
        ctx.finished("total", total, monotonic_ns() - total_started)
        return total

    async with TaskGroup() as group:

        async def orders_to_chosen() -> tuple[list[Order], str, str]:
            orders = await _orders(ctx)
            async with InnerGroup(group) as inner_group:
                written_task = inner_group.create_task(_written(ctx, orders))
                chosen_task = inner_group.create_task(_chosen(ctx, orders))
            written = written_task.result()
            chosen = chosen_task.result()
            return orders, written, chosen

        orders_task = group.create_task(orders_to_chosen())
        declared_task = group.create_task(_declared(ctx))
        plain_task = group.create_task(plain_then_loose())
        lists_task = group.create_task(_lists(ctx))
        named_task = group.create_task(_named(ctx))
        total_task = group.create_task(run_total())
    orders, written, chosen = orders_task.result()
    declared = declared_task.result()
    plain, loose = plain_task.result()
    lists = lists_task.result()
    named = named_task.result()
    total = total_task.result()
    return {
        "notes": [o.get("note", "-") for o in orders],
        "prices": [o["price"] if o["price"] is not None else 0 for o in orders],
        "ids": sum(o["id"] for o in declared),
        "plain": [r.get("a", "") for r in plain],
        "lists": lists,
        "named": [r["second"] for r in named],
        "total": total,
        "written": written,
        "chosen": chosen,
        "loose": loose,
    }


CSV = Workflow(
    name="csv",
    run=csv,
    input_type=CsvInput,
    output_type=CsvOutput,
    triggers=(HttpTrigger("POST", "/api/v1/csv/execute"),),
    visible=("orders", "declared", "plain", "lists", "named", "total", "written", "chosen", "loose"),
    graph={
        "nodes": [
            {"id": "orders", "type": "csv", "after": []},
            {"id": "declared", "type": "csv", "after": []},
            {"id": "plain", "type": "csv", "after": []},
            {"id": "lists", "type": "csv", "after": []},
            {"id": "named", "type": "csv", "after": []},
            {"id": "total", "type": "loop", "after": []},
            {"id": "part", "type": "csv", "after": [], "inside": "total.round"},
            {"id": "written", "type": "csv", "after": ["orders"]},
            {"id": "chosen", "type": "csv", "after": ["orders"]},
            {"id": "loose", "type": "csv", "after": ["plain"]},
        ]
    },
)
