"""Holds data against a JSON Schema (draft 2020-12), and says what is wrong with it: places and reasons, never values.

A `JsonSchema[T]` is made once, when the module is loaded. Nothing is fetched: references lead inside the schema.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from referencing import Registry

from .errors import FlowError
from .validation import MAX_PROBLEMS, Invalid, Verdict, place_of, refused

T = TypeVar("T")

_REASONS = {
    "type": "should be of type {}",
    "enum": "should be one of the values that the schema lists",
    "const": "should be the value that the schema names",
    "minimum": "should be {} or more",
    "maximum": "should be {} or less",
    "exclusiveMinimum": "should be more than {}",
    "exclusiveMaximum": "should be less than {}",
    "multipleOf": "should be a multiple of {}",
    "minLength": "should have {} characters or more",
    "maxLength": "should have {} characters or less",
    "format": "should be of the format {}",
    "pattern": "should match the pattern of the schema",
    "minItems": "should have {} items or more",
    "maxItems": "should have {} items or less",
    "uniqueItems": "should have no item twice",
    "minProperties": "should have {} keys or more",
    "maxProperties": "should have {} keys or less",
    "additionalProperties": "has keys that the schema does not know",
}

FORMATS = FormatChecker(["date", "email", "ipv4", "ipv6", "uuid"])
"""The formats that are asked for; any other one is a note for people."""
_POINT_IN_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


@FORMATS.checks("date-time", raises=ValueError)
def _is_point_in_time(value: object) -> bool:
    """Whether it is a point in time with its zone, which only a text has to be."""
    if not isinstance(value, str):
        return True
    return _POINT_IN_TIME.fullmatch(value) is not None and bool(datetime.fromisoformat(value.upper()))


class JsonSchema(Generic[T]):
    """A schema whose data is of type T."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema
        self._validator = Draft202012Validator(schema, registry=Registry(), format_checker=FORMATS)

    def problems(self, value: object) -> list[Invalid]:
        """What is wrong, by place; empty when the value fits. Raises FlowError where the data is nested too deep."""
        found: list[Invalid] = []
        try:
            for error in self._validator.iter_errors(value):
                found.append({"place": _place(error), "problem": _reason(error)})
                if len(found) == MAX_PROBLEMS:
                    break
        except RecursionError:
            raise FlowError("the data is nested too deep to be checked", kind="invalid_value", status=422) from None
        return sorted(found, key=lambda each: each["place"])


def checked_by(schema: JsonSchema[T], value: Any) -> Verdict[T]:
    """The value, or what is wrong with it."""
    problems = schema.problems(value)
    return Verdict(None, problems) if problems else Verdict(value)


def valid_by(schema: JsonSchema[T], value: Any, *, status: int = 422) -> T:
    """The value. Raises FlowError of kind `invalid_value` with all places."""
    problems = schema.problems(value)
    if problems:
        raise refused(problems, status)
    checked: T = value
    return checked


def _place(error: ValidationError) -> str:
    path = list(error.absolute_path)
    if error.validator == "required":
        # One error for each key that is missing; which one it is says only its text.
        path += [name for name in _names(error) if error.message == f"{name!r} is a required property"]
    return place_of(path)


def _names(error: ValidationError) -> list[str]:
    wanted = error.validator_value
    return wanted if isinstance(wanted, list) else []


def _reason(error: ValidationError) -> str:
    if error.validator == "required":
        return "is missing"
    reason = _REASONS.get(str(error.validator), "does not fit the schema")
    wanted = error.validator_value
    return reason.replace("{}", " or ".join(map(str, wanted)) if isinstance(wanted, list) else str(wanted))
