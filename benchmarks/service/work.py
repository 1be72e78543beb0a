"""The work that all contenders do: check an order of about 1 KB, three small steps and a branch, a small answer."""

import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, with_config
from typing_extensions import TypedDict

PATH = "/api/v1/score_order/execute"


@with_config(ConfigDict(extra="forbid", strict=True, allow_inf_nan=False))
class Line(TypedDict):
    sku: str
    count: int
    price: float


@with_config(ConfigDict(extra="forbid", strict=True, allow_inf_nan=False))
class OrderInput(TypedDict):
    query: Annotated[str, Field(min_length=2)]
    limit: Annotated[int, Field(default=20, le=50)]
    customer: str
    tags: list[str]
    lines: list[Line]


class OrderOutput(TypedDict):
    message: str
    total: float
    held: bool


class LineModel(BaseModel):
    sku: str
    count: int
    price: float


class OrderModel(BaseModel):
    query: str = Field(min_length=2)
    limit: int = Field(default=20, le=50)
    customer: str
    tags: list[str]
    lines: list[LineModel]


class AnswerModel(BaseModel):
    message: str
    total: float
    held: bool


def score(given: OrderInput) -> OrderOutput:
    """The steps and the branch, on plain data."""
    label = given["query"].strip().upper()
    total = sum(line["price"] * line["count"] for line in given["lines"])
    greeting = f"Hello {given['customer']}"
    if total > 1000.0:
        return {"message": f"{greeting}, we are checking {len(label)}", "total": total, "held": True}
    return {"message": f"{greeting}, {len(label)}", "total": total, "held": False}


def order(size: int = 1024, price: float = 9.5) -> dict[str, Any]:
    """An order whose compact JSON has `size` bytes (from 64 on): a line for each 128 of them, the query takes the rest.

    64 bytes leave no room for tags and a name.
    """
    lines = [{"sku": f"article-{number:04}", "count": 2, "price": price} for number in range(size // 128)]
    tags, customer = (["new", "gift", "express"], "Grace Hopper") if size >= 128 else ([], "G")
    given = {"query": "", "limit": 10, "customer": customer, "tags": tags, "lines": lines}
    missing = size - len(json.dumps(given, separators=(",", ":")))
    words = "conference in spring "
    return {**given, "query": (words * (missing // len(words) + 1))[: max(missing, 2)]}
