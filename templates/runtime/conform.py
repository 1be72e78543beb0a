"""Holds a value of unknown type against the type that the flow declares for it."""

from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from .errors import FlowError

T = TypeVar("T")


def conform(adapter: TypeAdapter[T], value: object) -> T:
    """The value as the adapter's type. Raises FlowError of kind `invalid_value`, naming places, never the value."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
    places = ", ".join(sorted({".".join(map(str, problem["loc"])) or "the value" for problem in problems}))
    raise FlowError("a value has another shape than declared", kind="invalid_value", status=500, detail=places[:200])
