"""Two lists of records, matched by fields: `for left, right in left_join(orders, customers, [["id"]], [["order"]])`.

The fields are named by paths, as many on each side. What is none, or not there, matches nothing. Results are bounded:
lists in which every row matches every other would fill any memory.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from .errors import ExpressionError
from .lists import elements
from .ordering import same_key
from .values import MAX_LIST, kind_of, limit, soft

L = TypeVar("L")
R = TypeVar("R")

Paths = Sequence[Sequence[str]]


def inner_join(left: Iterable[L], right: Iterable[R], left_keys: Paths, right_keys: Paths) -> Iterator[tuple[L, R]]:
    """Each pair that matches, in the order of the left list."""
    for row, matches in _matched(left, right, left_keys, right_keys):
        yield from ((row, match) for _, match in matches)


def left_join(
    left: Iterable[L], right: Iterable[R], left_keys: Paths, right_keys: Paths
) -> Iterator[tuple[L, R | None]]:
    """The same, and every row of the left list that has no match, with None."""
    for row, matches in _matched(left, right, left_keys, right_keys):
        yield from ((row, match) for _, match in matches)
        if not matches:
            yield row, None


def outer_join(
    left: Iterable[L], right: Iterable[R], left_keys: Paths, right_keys: Paths
) -> Iterator[tuple[L | None, R | None]]:
    """The same, and at the end every row of the right list that has no match, with None."""
    others = elements("join", right)
    used: set[int] = set()
    for row, matches in _matched(left, others, left_keys, right_keys):
        used.update(position for position, _ in matches)
        yield from ((row, match) for _, match in matches)
        if not matches:
            yield row, None
    yield from ((None, other) for position, other in enumerate(others) if position not in used)


def _matched(
    left: Iterable[L], right: Iterable[R], left_keys: Paths, right_keys: Paths
) -> Iterator[tuple[L, Sequence[tuple[int, R]]]]:
    """The rows of the left list, each with what matches it and where that stands."""
    by_key: dict[Any, list[tuple[int, R]]] = {}
    for position, other in enumerate(elements("join", right)):
        key = _key(other, right_keys)
        if key is not None:
            by_key.setdefault(key, []).append((position, other))
    found = 0
    for row in elements("join", left):
        key = _key(row, left_keys)
        matches = by_key.get(key, ()) if key is not None else ()
        found += len(matches)
        limit("join", found, MAX_LIST, "rows")
        yield row, matches


def _key(row: object, paths: Paths) -> Any:
    """Something to look a row up by; None when one of its fields is none."""
    values = [soft(row, *path) for path in paths]
    return None if None in values else same_key(values)


def either(left: Any, left_key: str, right: Any, right_key: str) -> Any:
    """A key that both rows have, from the one that is there."""
    return soft(right, right_key) if left is None else soft(left, left_key)


def merged(left: Any, right: Any, keys: Mapping[str, str], prefix: str = "") -> dict[str, Any]:
    """Both rows in one. `keys` are keys of the right row and what the left one calls them; its other fields get
    `prefix`. Raises ExpressionError for a field that both have otherwise.
    """
    theirs = _fields(right)
    row = {keys[name]: value for name, value in theirs.items() if name in keys} | _fields(left)
    for name, value in theirs.items():
        if name in keys:
            continue
        if prefix + name in row:
            raise ExpressionError("`join` got rows that have a field of the same name on both sides; set `prefix`")
        row[prefix + name] = value
    return row


def _fields(row: Any) -> dict[str, Any]:
    if row is None:
        return {}
    if not isinstance(row, dict):
        raise ExpressionError(f"`join` needs objects, not {kind_of(row)}")
    return row
