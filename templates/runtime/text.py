"""Values as text: what `{{ }}` inside text, `~` and `string` print, and JSON.

Text prints as it is, booleans as `true` and `false`, none as nothing, lists and objects as compact JSON, points in time
in ISO 8601. A result of more than 8 MB is an `ExpressionError`.
"""

import json
import math
from datetime import datetime
from typing import Any

from .errors import ExpressionError
from .values import MAX_TEXT, kind_of, limit


def text(value: Any) -> str:
    """The value as text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _digits(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (list, dict)):
        return to_json(value)
    raise ExpressionError(f"{kind_of(value)} has no text")


def _digits(value: float) -> str:
    try:
        return repr(value)
    except ValueError:  # Python writes no integer of more than 4,300 digits
        raise ExpressionError("a number is too large to be written") from None


def some_text(value: Any, what: str = "the value") -> str:
    """The value as text where none, lists and objects cannot stand, such as a URL; `what` says where."""
    if value is None or isinstance(value, (list, dict)):
        raise ExpressionError(f"{what} is {kind_of(value)}; a string, number or boolean is needed")
    return text(value)


def concat(*values: Any) -> str:
    """The texts of all values in a row."""
    joined = "".join([text(value) for value in values])
    limit("~", len(joined), MAX_TEXT, "characters")
    return joined


def to_json(value: Any, indent: int | None = None) -> str:
    """The value as JSON: compact, or with `indent` spaces per level."""
    if indent is not None and not 0 <= indent <= 16:
        raise ExpressionError("`json` indents by 0 to 16")
    separators = (",", ":") if indent is None else (",", ": ")
    try:
        encoded = json.dumps(
            value, ensure_ascii=False, allow_nan=False, separators=separators, indent=indent, default=_point_in_time
        )
    except (ValueError, RecursionError):
        raise ExpressionError("`json` cannot write this value: too deep, or a number that JSON does not have") from None
    limit("json", len(encoded), MAX_TEXT, "characters")
    return encoded


def from_json(source: Any) -> Any:
    """The value that a JSON text stands for."""
    if not isinstance(source, str):
        raise ExpressionError(f"`fromjson` needs a string, not {kind_of(source)}")
    limit("fromjson", len(source), MAX_TEXT, "characters")
    try:
        value = json.loads(source, parse_constant=_no_constant, parse_float=_finite)
        if "\\ud" in source or "\\uD" in source:
            # Half a surrogate pair is no character, and could not be sent anywhere.
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ExpressionError("`fromjson` needs a JSON text") from None
    return value


def _point_in_time(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise ExpressionError(f"`json` cannot write {kind_of(value)}")


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)
    return number
