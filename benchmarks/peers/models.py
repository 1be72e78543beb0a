"""The order and its answer, for the peers that stand behind FastAPI: pydantic models, as its docs show them."""

from pydantic import BaseModel, Field


class Line(BaseModel):
    sku: str
    count: int
    price: float


class Order(BaseModel):
    query: str = Field(min_length=2)
    limit: int = Field(default=20, le=50)
    customer: str
    tags: list[str]
    lines: list[Line]


class Answer(BaseModel):
    message: str
    total: float
    held: bool
