"""Arguments of filters and tests whose types are not known before the run: each is what was asked for, or an error."""

from typing import Any

from .errors import ExpressionError
from .values import is_number, kind_of


def a_string(name: str, value: Any) -> str:
    """The value, a string; `name` is the filter that asks."""
    if isinstance(value, str):
        return value
    raise _wrong(name, "a string", value)


def an_integer(name: str, value: Any) -> int:
    """The value, a whole number; a boolean is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _wrong(name, "an integer", value)


def a_number(name: str, value: Any) -> float:
    """The value, a number; a boolean is none."""
    if is_number(value):
        number: float = value
        return number
    raise _wrong(name, "a number", value)


def a_boolean(name: str, value: Any) -> bool:
    """The value, true or false."""
    if isinstance(value, bool):
        return value
    raise _wrong(name, "true or false", value)


def _wrong(name: str, wanted: str, value: object) -> ExpressionError:
    return ExpressionError(f"an argument of `{name}` is {kind_of(value)}, and it takes {wanted}")
