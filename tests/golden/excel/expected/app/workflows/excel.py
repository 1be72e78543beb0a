"""The workflow excel."""

import asyncio
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.errors import FlowError
from app.runtime.excel_read import SheetForm, read_excel
from app.runtime.excel_write import Sheet, write_excel
from app.runtime.moments import Moment
from app.runtime.node import node, tolerate
from app.runtime.tables import Records
from app.runtime.tasks import InnerGroup, TaskGroup
from app.runtime.values import present
from app.runtime.workflow import HttpTrigger, Workflow


class Sale(TypedDict):
    region: str
    total: int | float
    day: Moment | None


@with_config(ConfigDict(extra="forbid", strict=True))
class ExcelInput(TypedDict):
    sales: list[Sale]
    upload: Annotated[str | None, Field(default=None)]


class ExcelOutput(TypedDict):
    total: int | float
    days: list[Moment | None]
    regions: list[dict[str, Any]]
    back: int


Context = ExecutionContext[ExcelInput, None, None]


class BackItem(TypedDict):
    a: Any
    b: Any


BACK_ITEM: TypeAdapter[BackItem] = TypeAdapter(BackItem)
BACK_ROWS: Records[BackItem] = Records(BACK_ITEM, columns=("a", "b"))
SALE: TypeAdapter[Sale] = TypeAdapter(Sale)

UPLOAD_ROWS: Records[Sale] = Records(SALE, columns=("region", "total", "day"), texts=frozenset(["region"]))

SALES_ROWS: Records[Sale] = Records(SALE, columns=("region", "total", "day"), texts=frozenset(["region"]))

REGIONS: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
REGIONS_ROWS: Records[dict[str, Any]] = Records(REGIONS, texts=None)


# book, flow.yaml:7
@node("book", timeout=60.0)
async def _book(ctx: Context) -> bytes:
    return await asyncio.to_thread(
        write_excel,
        {
            "Sales": Sheet(ctx.input["sales"], {"region": ["region"], "total": ["total"], "day": ["day"]}),
            "Regions": Sheet([{"name": s["region"]} for s in ctx.input["sales"]], {"Region": ["name"]}),
        },
    )


# sales, flow.yaml:13
@node("sales", timeout=60.0)
async def _sales(ctx: Context, book: bytes) -> list[Sale]:
    return await asyncio.to_thread(read_excel, book, SALES_ROWS, SheetForm(sheet="Sales", shown=frozenset(["region"])))


# regions, flow.yaml:14
@node("regions", timeout=60.0)
async def _regions(ctx: Context, book: bytes) -> list[dict[str, Any]]:
    return await asyncio.to_thread(read_excel, book, REGIONS_ROWS, SheetForm(sheet=1))


# plain, flow.yaml:15
@node("plain", timeout=60.0)
async def _plain(ctx: Context) -> bytes:
    return await asyncio.to_thread(
        write_excel,
        {"All": Sheet(ctx.input["sales"], {"region": ["region"], "total": ["total"], "day": ["day"]})},
        header=False,
        keep_formulas=True,
    )


# back, flow.yaml:16
@node("back", timeout=60.0)
async def _back(ctx: Context, plain: bytes) -> list[BackItem]:
    return await asyncio.to_thread(read_excel, plain, BACK_ROWS, SheetForm(header=False, columns=("a", "b")))


# upload, flow.yaml:17
@node("upload", timeout=60.0)
async def _upload(ctx: Context) -> list[Sale]:
    return await asyncio.to_thread(
        read_excel, present(ctx.input["upload"]), UPLOAD_ROWS, SheetForm(shown=frozenset(["region"]))
    )


async def excel(ctx: Context) -> ExcelOutput:
    """Run the workflow once; gives its output."""

    async def plain_then_back() -> list[BackItem]:
        plain = await _plain(ctx)
        back: list[BackItem]
        try:
            back = await _back(ctx, plain)
        except FlowError as error:
            tolerate(ctx, "back", error)
            back = []
            ctx.set_output("back", back)
        return back

    async def run_upload() -> None:
        # upload, flow.yaml:17
        if ctx.input["upload"] is not None:
            await _upload(ctx)

    async with TaskGroup() as group:

        async def book_to_regions() -> tuple[list[Sale], list[dict[str, Any]]]:
            book = await _book(ctx)
            async with InnerGroup(group) as inner_group:
                sales_task = inner_group.create_task(_sales(ctx, book))
                regions_task = inner_group.create_task(_regions(ctx, book))
            sales = sales_task.result()
            regions = regions_task.result()
            return sales, regions

        book_task = group.create_task(book_to_regions())
        plain_task = group.create_task(plain_then_back())
        group.create_task(run_upload())
    sales, regions = book_task.result()
    back = plain_task.result()
    return {
        "total": sum(s["total"] for s in sales),
        "days": [s["day"] for s in sales],
        "regions": regions,
        "back": len(back),
    }


EXCEL = Workflow(
    name="excel",
    run=excel,
    input_type=ExcelInput,
    output_type=ExcelOutput,
    triggers=(HttpTrigger("POST", "/api/v1/excel/execute"),),
    visible=("book", "sales", "regions", "plain", "back", "upload"),
    graph={
        "nodes": [
            {"id": "book", "type": "excel", "after": []},
            {"id": "sales", "type": "excel", "after": ["book"]},
            {"id": "regions", "type": "excel", "after": ["book"]},
            {"id": "plain", "type": "excel", "after": []},
            {"id": "back", "type": "excel", "after": ["plain"]},
            {"id": "upload", "type": "excel", "after": []},
        ]
    },
)
