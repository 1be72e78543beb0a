"""Reading, calculating and comparing values whose types are not known before the run.

Values are plain JSON data and points in time. A path is looked up by key and index only, never by attribute. Whatever
goes wrong is an `ExpressionError` that names the operation, the types and the path, but never a value.
"""

import math
import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, overload

from .errors import ExpressionError

T = TypeVar("T")
D = TypeVar("D")

MAX_BITS = 4_096
MAX_TEXT = 8 * 1024 * 1024
MAX_LIST = 1_000_000
MAX_EXPONENT = 1_024

# Numbers below it are within every limit.
_SMALL = 1e300
_PLAIN = frozenset((int, float))

# What keys a step into a value has; most paths need to know no more.
_KEYS: dict[type, type] = {dict: str, list: int, str: int}

_MISSING: Any = object()


def kind_of(value: object) -> str:
    """The name of a value's type, as the flow file calls it."""
    if value is None:
        return "none"
    for type_, name in _KINDS:
        if isinstance(value, type_):
            return name
    return "another kind of value"


_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
    (datetime, "datetime"),
    (bytes, "bytes"),
)


def is_number(value: object) -> bool:
    """Whether it is a number; a boolean is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def get(value: Any, *keys: str | int) -> Any:
    """What stands at the end of a path. Raises when a step is missing or leads into something without keys."""
    current = value
    try:
        for key in keys:
            if type(key) is not _KEYS.get(type(current)):
                return _walk(value, keys)
            current = current[key]
    except LookupError:
        return _walk(value, keys)
    return current


def soft(value: Any, *keys: str | int) -> Any:
    """What stands at the end of a path, or None when a step is missing."""
    current = value
    try:
        for key in keys:
            if type(key) is not _KEYS.get(type(current)):
                current = _step(current, key)
                if current is _MISSING:
                    return None
            else:
                current = current[key]
    except LookupError:
        return None
    return current


def _walk(value: Any, keys: tuple[str | int, ...]) -> Any:
    """The same as `get`, looking at each step: for what is out of the ordinary, and to say what is missing."""
    current = value
    for position, key in enumerate(keys):
        found = _step(current, key)
        if found is _MISSING:
            raise _missing(current, keys, position)
        current = found
    return current


def has(value: Any, *keys: str | int) -> bool:
    """Whether a path leads somewhere; what stands there may be none."""
    current = value
    for key in keys:
        current = _step(current, key)
        if current is _MISSING:
            return False
    return True


def path(value: Any, *steps: tuple[str | int, bool]) -> Any:
    """As `get`, but a step that is marked optional (`?.`) and missing gives None and ends the walk."""
    keys = tuple(key for key, _ in steps)
    current = value
    for position, (key, optional) in enumerate(steps):
        found = _step(current, key)
        if found is _MISSING:
            if optional:
                return None
            raise _missing(current, keys, position)
        if found is None and optional and position + 1 < len(steps):
            return None
        current = found
    return current


def _step(value: Any, key: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(key, _MISSING) if isinstance(key, str) else _MISSING
    if isinstance(value, (list, str)) and isinstance(key, int) and not isinstance(key, bool):
        return value[key] if -len(value) <= key < len(value) else _MISSING
    return _MISSING


def _missing(value: Any, keys: tuple[str | int, ...], position: int) -> ExpressionError:
    where, key = show_path(keys[:position]), keys[position]
    inside = f"`{where}`" if where else "the value"
    if isinstance(value, dict) and isinstance(key, str):
        return ExpressionError(f"`{show_path(keys[: position + 1])}` is missing")
    if isinstance(value, (list, str)) and isinstance(key, int) and not isinstance(key, bool):
        return ExpressionError(f"`{show_path(keys[: position + 1])}` is missing: {inside} is shorter")
    wanted = "object" if isinstance(key, str) else "array"
    if isinstance(value, (dict, list, str)):
        return ExpressionError(f"{inside} is {article(kind_of(value))} and has no {kind_of(key)} keys")
    return ExpressionError(f"{inside} is {kind_of(value)}, not {article(wanted)} that `{show_path((key,))}` is in")


def show_path(keys: tuple[str | int, ...]) -> str:
    """A path for a message. A key that is no plain name may be data, and is not shown."""
    text = ""
    for key in keys:
        if isinstance(key, str):
            name = key if key.isidentifier() and len(key) <= 64 else "..."
            text += f".{name}" if text else name
        else:
            text += f"[{key}]"
    return text


def article(noun: str) -> str:
    """The noun with "a" or "an" in front."""
    return noun if noun == "none" else f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def part(value: Any, start: Any = None, stop: Any = None, step: Any = None) -> Any:
    """`value[start:stop:step]` of a list or of text."""
    if not isinstance(value, (list, str)):
        raise ExpressionError(f"a slice needs an array or a string, not {kind_of(value)}")
    for bound in (start, stop, step):
        if bound is not None and (not isinstance(bound, int) or isinstance(bound, bool)):
            raise ExpressionError(f"the bounds of a slice are integers, not {kind_of(bound)}")
    if step == 0:
        raise ExpressionError("the step of a slice must not be 0")
    return value[start:stop:step]


def coalesce(value: T | None, fallback: D) -> T | D:
    """The value, or the fallback when it is none."""
    return fallback if value is None else value


def fall_back(value: T | None, make: Callable[[], D]) -> T | D:
    """The value, or what `make` gives when it is none; for fallbacks that may fail or cost something."""
    return make() if value is None else value


def present(value: T | None, what: str = "the value") -> T:
    """The value. Raises when it is none; `what` says where none cannot stand."""
    if value is None:
        raise ExpressionError(f"{what} is none")
    return value


def add(left: Any, right: Any) -> Any:
    """`left + right` of two numbers, two strings or two lists."""
    if (type(left) in _PLAIN and type(right) in _PLAIN) or (is_number(left) and is_number(right)):
        return _calculated("+", operator.add, left, right)
    if isinstance(left, str) and isinstance(right, str):
        limit("+", len(left) + len(right), MAX_TEXT, "characters")
    elif isinstance(left, list) and isinstance(right, list):
        limit("+", len(left) + len(right), MAX_LIST, "items")
    else:
        raise ExpressionError(f"`+` needs two numbers, two strings or two arrays, not {_both(left, right)}")
    return left + right


def subtract(left: Any, right: Any) -> Any:
    """`left - right`."""
    _numbers("-", left, right)
    return _calculated("-", operator.sub, left, right)


@overload
def multiply(left: int, right: int) -> int: ...
@overload
def multiply(left: float, right: float) -> float: ...
@overload
def multiply(left: Any, right: Any) -> Any: ...
def multiply(left: Any, right: Any) -> Any:
    """`left * right`."""
    _numbers("*", left, right)
    return _calculated("*", operator.mul, left, right)


def divide(left: Any, right: Any) -> float:
    """`left / right`, always with a fraction."""
    _numbers("/", left, right)
    _not_zero("/", right)
    return float(_calculated("/", operator.truediv, left, right))


@overload
def floor_divide(left: int, right: int) -> int: ...
@overload
def floor_divide(left: float, right: float) -> float: ...
@overload
def floor_divide(left: Any, right: Any) -> Any: ...
def floor_divide(left: Any, right: Any) -> Any:
    """`left // right`, rounded down."""
    _numbers("//", left, right)
    _not_zero("//", right)
    return _calculated("//", operator.floordiv, left, right)


@overload
def modulo(left: int, right: int) -> int: ...
@overload
def modulo(left: float, right: float) -> float: ...
@overload
def modulo(left: Any, right: Any) -> Any: ...
def modulo(left: Any, right: Any) -> Any:
    """`left % right`, with the sign of `right`."""
    _numbers("%", left, right)
    _not_zero("%", right)
    return _calculated("%", operator.mod, left, right)


@overload
def power(left: float, right: float) -> float: ...
@overload
def power(left: Any, right: Any) -> Any: ...
def power(left: Any, right: Any) -> Any:
    """`left ** right`; the exponent goes up to 1,024."""
    _numbers("**", left, right)
    if abs(right) > MAX_EXPONENT:
        raise ExpressionError(f"`**` takes exponents up to {MAX_EXPONENT:,}")
    if left == 0 and right < 0:
        raise ExpressionError("`**` of zero with a negative exponent has no value")
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * right > 2 * MAX_BITS:
        raise _too_large("**")
    if left < 0 and right != int(right):
        raise ExpressionError("`**` of a negative number needs a whole exponent")
    return _calculated("**", operator.pow, left, right)


def negative(value: Any) -> Any:
    """`-value`."""
    if not is_number(value):
        raise ExpressionError(f"`-` needs a number, not {kind_of(value)}")
    return -value


def positive(value: Any) -> Any:
    """`+value`."""
    if not is_number(value):
        raise ExpressionError(f"`+` needs a number, not {kind_of(value)}")
    return value


def equal(left: Any, right: Any) -> bool:
    """`left == right`; a boolean is never equal to a number."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right)


def less(left: Any, right: Any) -> bool:
    """`left < right` of two numbers, two strings or two points in time."""
    if not (type(left) in _PLAIN and type(right) in _PLAIN):
        _ordered("<", left, right)
    return bool(left < right)


def less_equal(left: Any, right: Any) -> bool:
    """`left <= right` of two numbers, two strings or two points in time."""
    if not (type(left) in _PLAIN and type(right) in _PLAIN):
        _ordered("<=", left, right)
    return bool(left <= right)


def greater(left: Any, right: Any) -> bool:
    """`left > right` of two numbers, two strings or two points in time."""
    if not (type(left) in _PLAIN and type(right) in _PLAIN):
        _ordered(">", left, right)
    return bool(left > right)


def greater_equal(left: Any, right: Any) -> bool:
    """`left >= right` of two numbers, two strings or two points in time."""
    if not (type(left) in _PLAIN and type(right) in _PLAIN):
        _ordered(">=", left, right)
    return bool(left >= right)


def chain(first: Any, *rest: Any) -> bool:
    """`a < b < c`, as `chain(a, less, b, less, c)`: whether each comparison holds of the values beside it."""
    left = first
    for compare, right in zip(rest[::2], rest[1::2], strict=True):
        if not compare(left, right):
            return False
        left = right
    return True


def is_in(item: Any, container: Any) -> bool:
    """Whether an item is in a list, a text in a text, or a key in an object."""
    if isinstance(container, list):
        return any(equal(item, member) for member in container)
    if isinstance(container, str):
        if not isinstance(item, str):
            raise ExpressionError(f"`in` a string needs a string, not {kind_of(item)}")
        return item in container
    if isinstance(container, dict):
        return isinstance(item, str) and item in container
    raise ExpressionError(f"`in` needs an array, a string or an object, not {kind_of(container)}")


def limit(operation: str, size: int, most: int, unit: str) -> None:
    """Refuse a result above a limit."""
    if size > most:
        raise ExpressionError(f"`{operation}` gives more than {most:,} {unit}")


def _calculated(symbol: str, operation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    try:
        result = operation(left, right)
    except OverflowError:
        raise _too_large(symbol) from None
    if -_SMALL < result < _SMALL:
        return result
    if result.bit_length() > MAX_BITS if isinstance(result, int) else not math.isfinite(result):
        raise _too_large(symbol)
    return result


def _numbers(operation: str, left: Any, right: Any) -> None:
    if type(left) in _PLAIN and type(right) in _PLAIN:
        return
    if not (is_number(left) and is_number(right)):
        raise ExpressionError(f"`{operation}` needs two numbers, not {_both(left, right)}")


def _not_zero(operation: str, right: Any) -> None:
    if right == 0:
        raise ExpressionError(f"`{operation}` by zero")


def _ordered(operation: str, left: Any, right: Any) -> None:
    if (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
        return
    if not (isinstance(left, datetime) and isinstance(right, datetime)):
        raise ExpressionError(f"`{operation}` cannot compare {_both(left, right)}")
    if (left.utcoffset() is None) != (right.utcoffset() is None):
        raise ExpressionError(f"`{operation}` cannot compare a datetime with and one without a time zone")


def _both(left: Any, right: Any) -> str:
    return f"{kind_of(left)} and {kind_of(right)}"


def _too_large(operation: str) -> ExpressionError:
    return ExpressionError(f"the result of `{operation}` is too large")
