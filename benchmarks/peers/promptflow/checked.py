"""Checks the order; promptflow itself only knows the types of whole inputs."""

from promptflow.core import tool
from pydantic import BaseModel, Field


class Line(BaseModel):
    sku: str
    count: int
    price: float


class Order(BaseModel):
    query: str = Field(min_length=2)
    limit: int = Field(le=50)
    customer: str
    tags: list[str]
    lines: list[Line]


@tool
def checked(query: str, limit: int, customer: str, tags: list, lines: list) -> dict:
    return Order(query=query, limit=limit, customer=customer, tags=tags, lines=lines).model_dump()
