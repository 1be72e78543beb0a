"""What expressions do with single numbers."""

import math
from typing import Any

from .errors import ExpressionError
from .values import is_number, kind_of


def round_number(value: Any, precision: int = 0, method: str = "common") -> float:
    """The number rounded to `precision` digits behind the point: to the nearest, or always up or down."""
    number: float = _number("round", value)
    if not -300 <= precision <= 300:
        raise ExpressionError("`round` takes a precision from -300 to 300")
    if method == "common":
        return round(number, precision)
    if method not in {"ceil", "floor"}:
        raise ExpressionError("the method of `round` is common, ceil or floor")
    try:
        scale = 10.0**precision
        return (math.ceil(number * scale) if method == "ceil" else math.floor(number * scale)) / scale
    except OverflowError:
        raise ExpressionError("the result of `round` is too large") from None


def absolute(value: Any) -> float:
    """The number without its sign."""
    size: float = abs(_number("abs", value))
    return size


def ceil(value: float) -> int:
    """The smallest whole number that is not below the number."""
    whole: int = math.ceil(_number("ceil", value))
    return whole


def floor(value: float) -> int:
    """The largest whole number that is not above the number."""
    whole: int = math.floor(_number("floor", value))
    return whole


def _number(name: str, value: Any) -> Any:
    if not is_number(value):
        raise ExpressionError(f"`{name}` needs a number, not {kind_of(value)}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ExpressionError(f"`{name}` needs a finite number")
    return value
