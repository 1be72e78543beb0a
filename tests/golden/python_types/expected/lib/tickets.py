"""Functions for the flow beside this folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from .shapes import Budget, Level, Mark, Rows, Ticket


@dataclass
class Raised:
    """What was decided."""

    level: Level
    budget: Budget
    due: date


def newest(tickets: list[Ticket]) -> Ticket | None:
    """The one with the highest number."""
    return max(tickets, key=lambda ticket: ticket["id"], default=None)


def as_rows(rows: Rows) -> Rows:
    """The same, with their places."""
    return [{**row, "place": place} for place, row in enumerate(rows)]


def kinds(tickets: Sequence[Mapping[str, object]]) -> Sequence[str]:
    """Each kind once."""
    return tuple(dict.fromkeys(str(ticket["kind"]) for ticket in tickets))


async def raised(level: Level, *, budget: Budget, marks: Mark, factor: Literal[1, 2] = 1) -> Raised:
    """One level more, and a budget for it."""
    if not isinstance(budget.tags, set) or marks.sign != "x":
        raise TypeError("the data was not made into what the function takes")
    return Raised(Level.HIGH, Budget(budget.amount * factor, budget.tags), date(2026, 5, 4))


class Note(Ticket, total=False):
    """A ticket with a text."""

    text: str


def read_note(note: Note) -> str:
    """The text of a note."""
    return note.get("text", "")
