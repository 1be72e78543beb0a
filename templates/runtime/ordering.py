"""Sorting, grouping and adding up.

Text is compared without regard to capitals unless `case_sensitive` is set. Values that have no order among each other,
such as numbers and text, are an `ExpressionError`. Equal items keep their order.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import groupby
from typing import Any, TypeVar

from .errors import ExpressionError
from .lists import elements
from .values import add, is_number, kind_of

T = TypeVar("T")


def sort(
    values: Iterable[T],
    reverse: bool = False,
    case_sensitive: bool = False,
    attribute: Callable[[T], Any] | None = None,
) -> list[T]:
    """The items in order, or in the order of what `attribute` gives for each."""
    found = elements("sort", values)
    keys = _keys("sort", found, attribute, case_sensitive)
    order = sorted(range(len(found)), key=keys.__getitem__, reverse=reverse)
    return [found[position] for position in order]


def unique(values: Iterable[T], case_sensitive: bool = False, attribute: Callable[[T], Any] | None = None) -> list[T]:
    """The first of each group of equal items, or of items for which `attribute` gives the same."""
    seen: set[Any] = set()
    kept: list[T] = []
    for item in elements("unique", values):
        key = same_key(_fold(item if attribute is None else attribute(item), case_sensitive))
        if key not in seen:
            seen.add(key)
            kept.append(item)
    return kept


def smallest(
    values: Iterable[T], case_sensitive: bool = False, attribute: Callable[[T], Any] | None = None
) -> T | None:
    """The smallest item, or the one for which `attribute` gives the smallest value; None when there is none."""
    found = elements("min", values)
    keys = _keys("min", found, attribute, case_sensitive)
    return found[min(range(len(found)), key=keys.__getitem__)] if found else None


def largest(values: Iterable[T], case_sensitive: bool = False, attribute: Callable[[T], Any] | None = None) -> T | None:
    """The largest item, or the one for which `attribute` gives the largest value; None when there is none."""
    found = elements("max", values)
    keys = _keys("max", found, attribute, case_sensitive)
    return found[max(range(len(found)), key=keys.__getitem__)] if found else None


def total(values: Iterable[Any], attribute: Callable[[Any], Any] | None = None, start: float = 0) -> float:
    """`start` plus all items, or plus what `attribute` gives for each; they must be numbers."""
    result = start
    for item in elements("sum", values):
        number = item if attribute is None else attribute(item)
        if not is_number(number):
            raise ExpressionError(f"`sum` needs numbers, not {kind_of(number)}")
        result = add(result, number)
    return result


def group_by(
    values: Iterable[Any], attribute: Callable[[Any], Any], default: Any = None, case_sensitive: bool = False
) -> list[list[Any]]:
    """Pairs of a key and the list of items for which `attribute` gives that key, in the order of the keys.

    Where it gives none the key is `default`.
    """
    found = elements("groupby", values)

    def key_of(item: Any) -> Any:
        key = attribute(item)
        return default if key is None else key

    keys = _keys("groupby", found, key_of, case_sensitive)
    order = sorted(range(len(found)), key=keys.__getitem__)
    groups = [[found[position] for position in group] for _, group in groupby(order, key=keys.__getitem__)]
    return [[key_of(group[0]), group] for group in groups]


def _keys(name: str, items: list[Any], attribute: Callable[[Any], Any] | None, case_sensitive: bool) -> list[Any]:
    """What to compare for each item; all of one kind."""
    keys = [_fold(item if attribute is None else attribute(item), case_sensitive) for item in items]
    for key in keys:
        if _order(key) != _order(keys[0]) or (key is None and len(keys) > 1):
            raise ExpressionError(f"`{name}` cannot compare {_called(keys[0])} and {_called(key)}")
    return keys


def _fold(key: Any, case_sensitive: bool) -> Any:
    if case_sensitive:
        return key
    if isinstance(key, list):
        return [_fold(part, case_sensitive) for part in key]
    return key.lower() if isinstance(key, str) else key


def _order(key: Any) -> Any:
    """A mark that is the same for values that can be put in order."""
    if isinstance(key, list):
        return [_order(part) for part in key]
    if isinstance(key, datetime):
        return "datetime" if key.utcoffset() is not None else "datetime without a zone"
    if isinstance(key, dict):
        raise ExpressionError("objects have no order; name a key with `attribute`")
    return "number" if is_number(key) else kind_of(key)


def _called(key: Any) -> str:
    """What kind of value it is, so that two that cannot be compared have two names."""
    return str(_order(key)) if isinstance(key, datetime) else kind_of(key)


def same_key(key: Any) -> Any:
    """Something to look a value up by: the same for equal values, and different for true and 1."""
    if isinstance(key, list):
        return ("array", *map(same_key, key))
    if isinstance(key, dict):
        return ("object", frozenset((name, same_key(part)) for name, part in key.items()))
    return ("boolean", key) if isinstance(key, bool) else key
