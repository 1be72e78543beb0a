"""A statement of a flow: its template, where its holes stand, and the constant texts that come of it.

A hole where only a name can stand is fine when it is one of known names: then there is a text for each of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from catalyst.diagnostics import Span
from catalyst.expressions.tree import Hole
from catalyst.expressions.types import AnyType, ListType, StrType, Type
from catalyst.nodes.settings import Expr
from catalyst.nodes.sql.text import SqlText
from catalyst.nodes.sql.tokens import MOST_HOLES

MOST_TEXTS = 200
_NAME = re.compile(
    r"[a-z_]\w*(?:\.[a-z_]\w*){0,2}(?:\s+(?:asc|desc)(?:\s+nulls\s+(?:first|last))?)?|asc|desc", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Texts:
    """What the databases are given."""

    native: str
    embedded: str


class FlowStatement:
    """One statement as it stands in a flow."""

    def __init__(self, expr: Expr) -> None:
        self.expr = expr
        parts = expr.template.parts if expr.template is not None else (str(expr.constant),)
        self.holes = [part for part in parts if isinstance(part, Hole)][:MOST_HOLES]
        self.text = SqlText([None if isinstance(p, Hole) else p if isinstance(p, str) else p.value for p in parts])
        self.places = self.text.places()

    def lists(self, types: Sequence[Type]) -> frozenset[int]:
        """The holes behind `in` that hold lists."""
        return frozenset(
            number
            for number, place in self.places.items()
            if place == "list" and number < len(types) and isinstance(types[number], ListType | AnyType)
        )

    def names(self, types: Sequence[Type]) -> dict[int, tuple[str, ...]]:
        """The names that may stand in each hole where only a name can; those that are anything else are left out."""
        found: dict[int, tuple[str, ...]] = {}
        for number, place in self.places.items():
            type_ = types[number] if number < len(types) else None
            choices = type_.choices if isinstance(type_, StrType) and place == "name" else None
            if choices and all(_NAME.fullmatch(choice) for choice in choices):
                found[number] = choices
        return found

    def misplaced(self, types: Sequence[Type]) -> list[int]:
        """The holes where no value can stand, and no list of names stands for them."""
        known = self.names(types)
        return [number for number, place in self.places.items() if place == "name" and number not in known]

    def texts(self, types: Sequence[Type]) -> dict[tuple[str, ...], Texts]:
        """The texts by what was chosen for the names, in the order in which they stand."""
        names = self.names(types)
        numbers = sorted(names)
        lists = self.lists(types)
        found: dict[tuple[str, ...], Texts] = {}
        for choice in product(*(names[number] for number in numbers)):
            chosen = dict(zip(numbers, choice, strict=True))
            native = self.text.render(lists, chosen, types)
            found[choice] = Texts(native, self.text.render(lists, chosen, types, embedded=True))
            if len(found) > MOST_TEXTS:
                break
        return found

    def span_of_hole(self, number: int, otherwise: Span) -> Span:
        """Where a hole stands in the file."""
        if self.expr.text is None or number >= len(self.holes):
            return otherwise
        hole = self.holes[number]
        return self.expr.text.span_of(hole.start, hole.end)

    def span_of_word(self, word: str, otherwise: Span) -> Span:
        """Where a word stands in the file."""
        place = self.expr.place
        token = next((each for each in self.text.tokens if each.text.strip('"').lower() == word.lower()), None)
        if place is None or token is None:
            return otherwise
        start = self._offset(token.start)
        return place.span_of(start, start + len(token.text))

    def _offset(self, position: int) -> int:
        """The place in the scalar of a place in the text that has one letter for each hole."""
        shift = 0
        for hole in self.holes:
            if hole.start - shift >= position:
                break
            shift += hole.end - hole.start - 1
        return position + shift
