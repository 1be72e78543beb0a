"""Lists of records in the order of several fields: `sort_rows(orders, By(lambda row: row["price"]), ...)`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from .lists import elements
from .ordering import sort

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class By:
    """What rows are compared by, and in which direction; rows in which it is none come last, or first."""

    key: Callable[[Any], Any]
    descending: bool = False
    none_first: bool = False
    case_sensitive: bool = False


def sort_rows(values: Iterable[T], *orders: By) -> list[T]:
    """The rows by the first of `orders`, those that are equal there by the next; what is equal in all keeps its place.

    Raises ExpressionError for values that have no order among each other.
    """
    rows = list(elements("sort", values))
    for order in reversed(orders):
        rows = _sorted(rows, order)
    return rows


def _sorted(rows: list[T], order: By) -> list[T]:
    keyed = [(order.key(row), row) for row in rows]
    known = [pair for pair in keyed if pair[0] is not None]
    ordered = sort(known, reverse=order.descending, case_sensitive=order.case_sensitive, attribute=lambda pair: pair[0])
    without = [row for key, row in keyed if key is None]
    found = [row for _, row in ordered]
    return without + found if order.none_first else found + without
