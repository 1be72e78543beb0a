"""The work that all contenders do: check an order of about 1 KB, three small steps and a branch, a small answer."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, with_config
from typing_extensions import TypedDict


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


def order(size: int = 1024) -> dict[str, Any]:
    """An order whose JSON has about `size` bytes."""
    lines = [{"sku": f"article-{number:04}", "count": 2, "price": 9.5} for number in range(max(1, size // 128))]
    given = {"query": "", "limit": 10, "customer": "Grace Hopper", "tags": ["new", "gift", "express"], "lines": lines}
    missing = size - len(str(given))
    return {**given, "query": "conference in spring " * (max(missing, 21) // 21)}
