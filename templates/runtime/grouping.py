"""Lists of records by groups: `for key, rows in grouped(orders, ["region"])`, and what a field adds up to in them.

A path of keys names a field; rows in which nothing stands there, or none, do not count.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .lists import average, elements
from .ordering import largest, same_key, smallest, total
from .values import soft


def grouped(values: Iterable[Any], *paths: Sequence[str]) -> Iterator[tuple[list[Any], list[Any]]]:
    """The values at the paths and the rows that have them, in the order in which they come first."""
    groups: dict[Any, tuple[list[Any], list[Any]]] = {}
    for row in elements("aggregate", values):
        key = [soft(row, *path) for path in paths]
        groups.setdefault(same_key(key), (key, []))[1].append(row)
    yield from groups.values()


def whole(values: Iterable[Any]) -> list[Any]:
    """All rows as the one group that they are without a key."""
    return elements("aggregate", values)


def there(rows: Iterable[Any], *path: str) -> list[Any]:
    """The values at a path, without none."""
    return [value for value in (soft(row, *path) for row in rows) if value is not None]


def count_of(rows: Iterable[Any], *path: str) -> int:
    """In how many rows there is something at a path."""
    return len(there(rows, *path))


def total_of(rows: Iterable[Any], *path: str) -> Any:
    """The sum of the numbers at a path; 0 when there are none."""
    return total(there(rows, *path))


def average_of(rows: Iterable[Any], *path: str) -> Any:
    """The mean of the numbers at a path, or None when there are none."""
    return average(there(rows, *path))


def smallest_of(rows: Iterable[Any], *path: str) -> Any:
    """The smallest value at a path, or None when there is none."""
    return smallest(there(rows, *path), case_sensitive=True)


def largest_of(rows: Iterable[Any], *path: str) -> Any:
    """The largest value at a path, or None when there is none."""
    return largest(there(rows, *path), case_sensitive=True)
