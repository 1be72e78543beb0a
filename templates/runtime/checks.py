"""What `is` asks where plain Python has no short answer."""

from typing import Any

from .errors import ExpressionError
from .values import equal, is_number, kind_of, modulo


def is_empty(value: Any) -> bool:
    """Whether a text, a list or an object has nothing in it; none counts as empty."""
    if value is None:
        return True
    if isinstance(value, (str, list, dict)):
        return not value
    raise ExpressionError(f"`is empty` needs an array, a string or an object, not {kind_of(value)}")


def is_integer(value: Any) -> bool:
    """Whether it is a whole number; a boolean is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_even(value: Any) -> bool:
    """Whether a number can be divided by two."""
    return is_divisible(value, 2, "even")


def is_odd(value: Any) -> bool:
    """Whether a whole number cannot be divided by two."""
    _number("odd", value)
    return bool(value % 2 == 1)


def is_divisible(value: Any, number: Any, name: str = "divisibleby") -> bool:
    """Whether a number can be divided by another without a rest."""
    _number(name, value)
    _number(name, number)
    if number == 0:
        raise ExpressionError(f"`is {name}` by zero")
    return bool(modulo(value, number) == 0)


def is_lower(value: Any) -> bool:
    """Whether the letters of a text are small."""
    return _text("lower", value).islower()


def is_upper(value: Any) -> bool:
    """Whether the letters of a text are capitals."""
    return _text("upper", value).isupper()


def is_same(value: Any, right: Any) -> bool:
    """Whether two values are equal and of the same type."""
    return kind_of(value) == kind_of(right) and equal(value, right)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"`is {name}` needs a string, not {kind_of(value)}")
    return value


def _number(name: str, value: Any) -> None:
    if not is_number(value):
        raise ExpressionError(f"`is {name}` needs a number, not {kind_of(value)}")
