"""Turning a value into another type."""

import math
from typing import Any, TypeVar, overload

from .errors import ExpressionError
from .values import MAX_BITS, is_number, kind_of

D = TypeVar("D")

_NO_DEFAULT: Any = object()
_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0", ""})


@overload
def to_int(value: Any) -> int: ...
@overload
def to_int(value: Any, default: D) -> int | D: ...
def to_int(value: Any, default: Any = _NO_DEFAULT) -> Any:
    """A number without its fraction, or the number that a text stands for; else `default`, or an error without one."""
    try:
        if isinstance(value, str):
            number = _int_of_text(value)
        elif isinstance(value, (int, float)):
            number = int(value)
        else:
            return _otherwise("int", value, default)
    except (ValueError, OverflowError):
        return _otherwise("int", value, default)
    return number if number.bit_length() <= MAX_BITS else _otherwise("int", value, default)


@overload
def to_float(value: Any) -> float: ...
@overload
def to_float(value: Any, default: D) -> float | D: ...
def to_float(value: Any, default: Any = _NO_DEFAULT) -> Any:
    """The number, or the number that a text stands for, as a float; else `default`, or an error without one."""
    if not isinstance(value, (int, float, str)):
        return _otherwise("float", value, default)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return _otherwise("float", value, default)
    return number if math.isfinite(number) else _otherwise("float", value, default)


def to_bool(value: Any) -> bool:
    """Whether a value counts as true; text must say true or false, yes or no, on or off, 1 or 0."""
    if not isinstance(value, str):
        return bool(value)
    word = value.strip().lower()
    if word not in _YES and word not in _NO:
        raise ExpressionError("`bool` needs a text that says true or false")
    return word in _YES


def _int_of_text(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        return int(float(value))


def _otherwise(name: str, value: Any, default: Any) -> Any:
    if default is not _NO_DEFAULT:
        return default
    what = "this text" if isinstance(value, str) else "this number" if is_number(value) else kind_of(value)
    raise ExpressionError(f"`{name}` cannot make a number of {what}; give a default, as in `{name}(0)`")
