"""The workflow list_nodes."""

from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.conform import conform
from app.runtime.context import ExecutionContext
from app.runtime.grouping import average_of, count_of, grouped, largest_of, smallest_of, total_of
from app.runtime.joining import either, inner_join, left_join, outer_join
from app.runtime.joining import merged as merged_
from app.runtime.lists import backwards
from app.runtime.ordering import unique
from app.runtime.sorting import By, sort_rows
from app.runtime.workflow import HttpTrigger, Workflow


class Order(TypedDict):
    id: int
    customer_id: int | None
    price: int | float
    note: NotRequired[str]


class Place(TypedDict):
    city: str
    zip: str | None


class Customer(TypedDict):
    id: int
    name: str
    place: Place


@with_config(ConfigDict(extra="forbid", strict=True))
class ListNodesInput(TypedDict):
    orders: list[Order]
    customers: list[Customer]
    raw: Annotated[Any, Field(default=[])]


class ListNodesBestItem(TypedDict):
    city: str | None
    orders: int
    notes: int
    total: int | float
    average: float
    low: int | float
    high: int | float


class ListNodesOutput(TypedDict):
    best: list[ListNodesBestItem]
    rich: list[str]
    average: float | None
    both: list[str]
    pairs: int
    loose: list[int]
    merged: list[dict[str, Any]]
    down: list[str]
    places: list[int]


Context = ExecutionContext[ListNodesInput, None, None]


class RowsItem(TypedDict):
    id: int
    customer_id: int | None
    price: int | float
    note: str | None
    by_name: str | None
    by_place: Place | None


class BothItem(TypedDict):
    id: int | None
    customer_id: int | None
    price: int | float | None
    note: str | None
    name: str | None
    place: Place | None


class PairsItem(TypedDict):
    id: int
    customer_id: int | None
    price: int | float
    note: str | None
    other_customer_id: int | None
    other_price: int | float


class All(TypedDict):
    orders: int
    average: float | None


class LooseItem(TypedDict):
    b: str | None
    n: int


LOOSE_ITEM_LIST: TypeAdapter[list[LooseItem]] = TypeAdapter(list[LooseItem])


async def list_nodes(ctx: Context) -> ListNodesOutput:
    """Run the workflow once; gives its output."""
    # once, flow.yaml:9
    once: list[Order] = backwards(
        unique(backwards(ctx.input["orders"]), case_sensitive=True, attribute=lambda row: row["id"])
    )
    ctx.set_output("once", once)
    # rows, flow.yaml:10
    rows: list[RowsItem] = [
        {
            "id": left["id"],
            "customer_id": left["customer_id"],
            "price": left["price"],
            "note": left.get("note"),
            "by_name": right["name"] if right is not None else None,
            "by_place": right["place"] if right is not None else None,
        }
        for left, right in left_join(once, ctx.input["customers"], [["customer_id"]], [["id"]])
    ]
    ctx.set_output("rows", rows)
    # both, flow.yaml:13
    both: list[BothItem] = [
        {
            "id": left["id"] if left is not None else None,
            "customer_id": either(left, "customer_id", right, "id"),
            "price": left["price"] if left is not None else None,
            "note": left.get("note") if left is not None else None,
            "name": right["name"] if right is not None else None,
            "place": right["place"] if right is not None else None,
        }
        for left, right in outer_join(once, ctx.input["customers"], [["customer_id"]], [["id"]])
    ]
    ctx.set_output("both", both)
    # pairs, flow.yaml:14
    pairs: list[PairsItem] = [
        {
            "id": left["id"],
            "customer_id": left["customer_id"],
            "price": left["price"],
            "note": left.get("note"),
            "other_customer_id": right["customer_id"],
            "other_price": right["price"],
        }
        for left, right in inner_join(ctx.input["orders"], ctx.input["orders"], [["id"], ["note"]], [["id"], ["note"]])
    ]
    ctx.set_output("pairs", pairs)
    # sold, flow.yaml:15
    sold: list[ListNodesBestItem] = [
        {
            "city": key[0],
            "orders": len(rows),
            "notes": count_of(rows, "note"),
            "total": total_of(rows, "price"),
            "average": average_of(rows, "price"),
            "low": smallest_of(rows, "price"),
            "high": largest_of(rows, "price"),
        }
        for key, rows in grouped(rows, ["by_place", "city"])
    ]
    ctx.set_output("sold", sold)
    # all, flow.yaml:21
    all_rows = [*ctx.input["orders"]]
    all_: All = {"orders": len(all_rows), "average": average_of(all_rows, "price")}
    ctx.set_output("all", all_)
    # best, flow.yaml:22
    best: list[ListNodesBestItem] = sort_rows(
        sold, By(lambda row: row["total"], descending=True), By(lambda row: row["city"], none_first=True)
    )
    ctx.set_output("best", best)
    # loose, flow.yaml:23
    loose: list[LooseItem] = conform(
        LOOSE_ITEM_LIST,
        [{"b": key[0], "n": total_of(rows, "n")} for key, rows in grouped(ctx.input["raw"], ["a", "b"])],
    )
    ctx.set_output("loose", loose)
    # merged, flow.yaml:27
    merged: list[dict[str, Any]] = [
        merged_(left, right, {"id": "customer"}, "c_")
        for left, right in inner_join(ctx.input["raw"], ctx.input["customers"], [["customer"]], [["id"]])
    ]
    ctx.set_output("merged", merged)
    # words, flow.yaml:28
    words: list[str] = unique([c["name"] for c in ctx.input["customers"]])
    ctx.set_output("words", words)
    # down, flow.yaml:29
    down: list[str] = sort_rows(words, By(lambda item: item, descending=True))
    ctx.set_output("down", down)
    # places, flow.yaml:30
    places: list[Customer] = unique(
        ctx.input["customers"], case_sensitive=True, attribute=lambda row: [row["place"]["city"], row["place"]["zip"]]
    )
    ctx.set_output("places", places)
    return {
        "best": best,
        "rich": [r["city"] if r["city"] is not None else "nowhere" for r in best if r["total"] > 20],
        "average": all_["average"],
        "both": [f"{r['name'] if r['name'] is not None else '-'}{r['id'] if r['id'] is not None else 0}" for r in both],
        "pairs": len(pairs),
        "loose": [r["n"] for r in loose],
        "merged": merged,
        "down": down,
        "places": [p["id"] for p in places],
    }


LIST_NODES = Workflow(
    name="list_nodes",
    run=list_nodes,
    input_type=ListNodesInput,
    output_type=ListNodesOutput,
    triggers=(HttpTrigger("POST", "/api/v1/list_nodes/execute"),),
    visible=("once", "rows", "both", "pairs", "sold", "all", "best", "loose", "merged", "words", "down", "places"),
    graph={
        "nodes": [
            {"id": "once", "type": "dedupe", "after": []},
            {"id": "rows", "type": "join", "after": ["once"]},
            {"id": "both", "type": "join", "after": ["once"]},
            {"id": "pairs", "type": "join", "after": []},
            {"id": "sold", "type": "aggregate", "after": ["rows"]},
            {"id": "all", "type": "aggregate", "after": []},
            {"id": "best", "type": "sort", "after": ["sold"]},
            {"id": "loose", "type": "aggregate", "after": []},
            {"id": "merged", "type": "join", "after": []},
            {"id": "words", "type": "dedupe", "after": []},
            {"id": "down", "type": "sort", "after": ["words"]},
            {"id": "places", "type": "dedupe", "after": []},
        ]
    },
)
