"""Shapes that the functions of `tickets` share."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple, TypedDict


class Level(Enum):
    """How much it matters."""

    LOW = "low"
    HIGH = "high"


class Ticket(TypedDict):
    """A ticket, of whatever kind."""

    id: int
    kind: str


@dataclass
class Budget:
    """What may be spent."""

    amount: int
    tags: set[str] = field(default_factory=set)
    owner: str | None = None


class Mark(NamedTuple):
    """A place and its sign."""

    number: int
    sign: str


Rows = list[dict[str, Any]]
