"""What expressions do with lists. A text counts as the list of its characters, an object as the list of its keys.

Each result is a new list of at most a million items.
"""

from collections.abc import Callable, Iterable, Sized
from math import inf, isfinite
from typing import Any, TypeVar

from .errors import ExpressionError
from .text import text
from .values import MAX_LIST, MAX_TEXT, equal, is_number, kind_of, limit

T = TypeVar("T")
R = TypeVar("R")


def elements(name: str, values: Iterable[T]) -> list[T]:
    """The items of a list, the characters of a text or the keys of an object; `name` is the filter that asks."""
    if isinstance(values, list):
        return values
    if not isinstance(values, (str, dict)):
        raise ExpressionError(f"`{name}` needs an array, not {kind_of(values)}")
    limit(name, len(values), MAX_LIST, "items")
    return list(values)


def length(value: Sized) -> int:
    """The number of items, characters or keys."""
    if not isinstance(value, (list, str, dict)):
        raise ExpressionError(f"`length` needs an array, a string or an object, not {kind_of(value)}")
    return len(value)


def first(values: Iterable[T]) -> T | None:
    """The first item, or None when there is none."""
    found = elements("first", values)
    return found[0] if found else None


def last(values: Iterable[T]) -> T | None:
    """The last item, or None when there is none."""
    found = elements("last", values)
    return found[-1] if found else None


def join(values: Iterable[Any], sep: str = "", attribute: Callable[[Any], Any] | None = None) -> str:
    """The items, or what `attribute` gives for each, as text with `sep` between."""
    if not isinstance(sep, str):
        raise ExpressionError(f"`join` needs a string between the items, not {kind_of(sep)}")
    found = elements("join", values)
    parts = [text(item if attribute is None else attribute(item)) for item in found]
    limit("join", sum(map(len, parts)) + len(sep) * len(parts), MAX_TEXT, "characters")
    return sep.join(parts)


def backwards(value: Any) -> Any:
    """The list, or the text, from the end to the start."""
    return value[::-1] if isinstance(value, str) else elements("reverse", value)[::-1]


def as_list(values: Iterable[T]) -> list[T]:
    """A list of the items."""
    return list(elements("list", values))


def batch(values: Iterable[T], linecount: int, fill_with: T | None = None) -> list[list[T]]:
    """Lists of `linecount` items each; the last one is filled up with `fill_with` when that is given."""
    found = elements("batch", values)
    if not 1 <= linecount <= MAX_LIST:
        raise ExpressionError(f"`batch` makes batches of 1 to {MAX_LIST:,} items")
    batches = [found[start : start + linecount] for start in range(0, len(found), linecount)]
    if batches and fill_with is not None:
        batches[-1] = batches[-1] + [fill_with] * (linecount - len(batches[-1]))
    return batches


def mapped(values: Iterable[T], each: Callable[[T], R]) -> list[R]:
    """What `each` gives for every item."""
    return [each(item) for item in elements("map", values)]


def selected(values: Iterable[T], test: Callable[[T], Any] = bool) -> list[T]:
    """The items for which `test` holds."""
    return [item for item in elements("select", values) if test(item)]


def rejected(values: Iterable[T], test: Callable[[T], Any] = bool) -> list[T]:
    """The items for which `test` does not hold."""
    return [item for item in elements("reject", values) if not test(item)]


def find(values: Iterable[T], test: Callable[[T], Any]) -> T | None:
    """The first item for which `test` holds, or None."""
    return next((item for item in elements("find", values) if test(item)), None)


def reduced(values: Iterable[T], start: R, each: Callable[[R, T], R]) -> R:
    """What `each` makes of the total so far and the next item, from `start` to the last item."""
    total = start
    for item in elements("reduce", values):
        total = each(total, item)
        _stays_small(total)
    return total


def reduced_freely(values: Iterable[T], start: Any, each: Callable[[Any, T], Any]) -> Any:
    """The same for a total that may become something of another type."""
    return reduced(values, start, each)


def _stays_small(total: object) -> None:
    """A total that grows twofold with each item would take all memory long before the last one."""
    if isinstance(total, str):
        limit("reduce", len(total), MAX_TEXT, "characters")
    elif isinstance(total, list):
        limit("reduce", len(total), MAX_LIST, "items")


def any_of(values: Iterable[T], test: Callable[[T], Any]) -> bool:
    """Whether `test` holds for one item or more."""
    return any(test(item) for item in elements("any", values))


def all_of(values: Iterable[T], test: Callable[[T], Any]) -> bool:
    """Whether `test` holds for every item."""
    return all(test(item) for item in elements("all", values))


def contains(container: Any, item: Any) -> bool:
    """Whether a list has the item, a text the text, or an object the key."""
    if isinstance(container, list):
        return any(equal(member, item) for member in container)
    if isinstance(container, str) and not isinstance(item, str):
        raise ExpressionError(f"`contains` of a string needs a string, not {kind_of(item)}")
    if isinstance(container, (str, dict)):
        return isinstance(item, str) and item in container
    raise ExpressionError(f"`contains` needs an array, a string or an object, not {kind_of(container)}")


def append(values: Iterable[T], item: T) -> list[T]:
    """The list with one more item at its end."""
    found = elements("append", values)
    limit("append", len(found) + 1, MAX_LIST, "items")
    return [*found, item]


def flatten(values: Iterable[Any], levels: int = 1) -> list[Any]:
    """The list with the items of inner lists in their place, `levels` deep."""
    if not 0 <= levels <= 100:
        raise ExpressionError("`flatten` goes 0 to 100 levels deep")
    found: list[Any] = elements("flatten", values)
    for _ in range(levels):
        limit("flatten", sum(len(item) if isinstance(item, list) else 1 for item in found), MAX_LIST, "items")
        if not any(isinstance(item, list) for item in found):
            break
        found = [inner for item in found for inner in (item if isinstance(item, list) else (item,))]
    return list(found)


def compact(values: Iterable[T | None]) -> list[T]:
    """The items without those that are none or empty text."""
    return [item for item in elements("compact", values) if item is not None and item != ""]


def zipped(values: Iterable[Any], other: Iterable[Any]) -> list[list[Any]]:
    """Pairs of the items of two lists, as long as the shorter one."""
    pairs = zip(elements("zip", values), elements("zip", other), strict=False)
    return [list(pair) for pair in pairs]


def index_by(values: Iterable[T], attribute: Callable[[T], Any]) -> dict[str, T]:
    """An object of the items by what `attribute` gives for each; of equal keys the last item stays."""
    return {text(attribute(item)): item for item in elements("index_by", values)}


def average(values: Iterable[Any]) -> float | None:
    """The mean of a list of numbers, or None when it is empty."""
    found = elements("avg", values)
    for item in found:
        if not is_number(item):
            raise ExpressionError(f"`avg` needs numbers, not {kind_of(item)}")
    if not found:
        return None
    try:
        mean: float = sum(found) / len(found)
    except OverflowError:
        mean = inf
    if not isfinite(mean):
        raise ExpressionError("the result of `avg` is too large")
    return mean


def counted(start: int, stop: int | None = None, step: int = 1) -> list[int]:
    """The integers that `range` names, at most a million."""
    for bound in (start, stop, step):
        if bound is not None and (not isinstance(bound, int) or isinstance(bound, bool)):
            raise ExpressionError(f"`range` needs integers, not {kind_of(bound)}")
    if step == 0:
        raise ExpressionError("the step of `range` must not be 0")
    numbers = range(start, stop, step) if stop is not None else range(start)
    if numbers and (numbers[-1] - numbers[0]) // step >= MAX_LIST:
        raise ExpressionError(f"`range` gives more than {MAX_LIST:,} items")
    return list(numbers)
