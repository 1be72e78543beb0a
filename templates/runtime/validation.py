"""Holds data against a type that the flow declares, and says what is wrong with it: places and reasons, never values.

`valid(ORDER, data)` gives it or raises; `checked(ORDER, data)` gives a verdict: the data, or what is wrong with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from .errors import FlowError
from .problems import numbers_as_one

T = TypeVar("T")

MAX_PROBLEMS = 100
_MAX_PLACE = 200


class Invalid(TypedDict):
    """A place in the data, such as `items.0.price`, and what is wrong there; "" is the whole of it."""

    place: str
    problem: str


@dataclass(frozen=True, slots=True)
class Verdict(Generic[T]):
    """The data, or None and what is wrong with it."""

    data: T | None
    errors: list[Invalid] = field(default_factory=list)


def checked(adapter: TypeAdapter[T], value: object, *, strict: bool = True) -> Verdict[T]:
    """The value as the adapter's type, or what is wrong. Unless `strict`, text may become a number."""
    try:
        return Verdict(adapter.validate_python(value, strict=strict))
    except ValidationError as error:
        return Verdict(None, _problems(error))


def valid(adapter: TypeAdapter[T], value: object, *, strict: bool = True, status: int = 422) -> T:
    """The value as the adapter's type. Raises FlowError of kind `invalid_value` with all places."""
    try:
        return adapter.validate_python(value, strict=strict)
    except ValidationError as error:
        problems = _problems(error)
    raise refused(problems, status)


def refused(problems: Sequence[Invalid], status: int) -> FlowError:
    """The error for data that is not as it should be."""
    places = ", ".join(sorted({each["place"] or "the value" for each in problems}))
    return FlowError(
        "the data is not valid", kind="invalid_value", status=status, detail=places[:500], errors=list(problems)
    )


def _problems(error: ValidationError) -> list[Invalid]:
    # Without the input: what is wrong may be shown to anybody.
    found = list(numbers_as_one(error.errors(include_url=False, include_context=False, include_input=False)))
    return [{"place": place_of(each["loc"]), "problem": each["msg"]} for each in found[:MAX_PROBLEMS]]


def place_of(steps: Sequence[Any]) -> str:
    """A path into data as text."""
    return ".".join(map(str, steps))[:_MAX_PLACE]
