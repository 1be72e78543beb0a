"""An example of a workflow's input, for READMEs and tests: valid, short and always the same."""

from __future__ import annotations

from typing import Any

from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema

from catalyst.expressions.types import (
    BoolType,
    BytesType,
    DateTimeType,
    FloatType,
    IntType,
    ListType,
    MapType,
    NullableType,
    NumberType,
    ObjectType,
    SecretType,
    StrType,
    Type,
    UnionType,
)
from catalyst.graph.model import InputFact, Workflow

_TEXT_LIMITS = ("pattern", "min_length", "max_length")
_USUAL_TEXTS = (
    *("ada@example.com", "https://example.com", "2030-01-31", "2030-01-31T12:00:00Z", "12:00", "+12025550123"),
    *("1", "12", "123", "1234", "12345", "123456", "12345678", "1.5", "1.0.0", "127.0.0.1"),
    *("a", "ab", "abc", "A", "AB", "ABC", "Abc", "a1", "A1", "abc-123", "ABC-123", "AB-1234", "A-1", "#00ff00"),
    "123e4567-e89b-42d3-a456-426614174000",
)
"""What fields with a pattern mostly hold; the first that fits is the example."""


def example_input(workflow: Workflow) -> dict[str, Any]:
    """A value for each field that must be given, and the defaults of the others."""
    return {fact.name: _field(fact) for fact in workflow.input_facts if fact.required}


def _field(fact: InputFact) -> Any:
    choices = fact.constraints.get("choices")
    if choices:
        return choices[0]
    return _fitted(example_value(fact.type, fact.name), fact)


def _fitted(value: Any, fact: InputFact) -> Any:
    """The value moved into the field's limits."""
    limits = fact.constraints
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        value = max(value, limits.get("ge", value))
        return min(value, limits.get("le", value))
    if isinstance(value, str) and "pattern" in limits:
        return next((each for each in (value, *_USUAL_TEXTS) if _fits(each, fact)), value)
    if isinstance(value, str):
        shortest, longest = limits.get("min_length", 0), limits.get("max_length", len(value) + 100)
        while len(value) < shortest:
            value += " text"
        return value[:longest]
    if isinstance(value, list) and value and len(value) < limits.get("min_length", 0):
        return value * limits["min_length"]
    return value


def _fits(text: str, fact: InputFact) -> bool:
    """Whether the field takes this text; asked of the engine that the service asks, which never takes long."""
    limits = {name: fact.constraints[name] for name in _TEXT_LIMITS if name in fact.constraints}
    try:
        SchemaValidator(core_schema.str_schema(**limits)).validate_python(text)
    except (ValidationError, SchemaError):
        return False
    return True


def example_value(type_: Type, name: str) -> Any:
    """A value of the type; text says what it stands for."""
    match type_:
        case BoolType():
            return True
        case IntType():
            return 1
        case FloatType() | NumberType():
            return 1.5
        case StrType(choices=None):
            return name.replace("_", " ")
        case StrType(choices=choices):
            return (choices or ("",))[0]
        case DateTimeType():
            return "2030-01-31T12:00:00Z"
        case BytesType():
            return "Ynl0ZXM="
        case ListType(item):
            return [example_value(item, name)]
        case MapType(value):
            return {"key": example_value(value, name)}
        case ObjectType(fields=fields):
            return {key: example_value(field.type, key) for key, field in fields if field.required}
        case NullableType(inner) | SecretType(inner):
            return example_value(inner, name)
        case UnionType(members):
            return example_value(members[0], name)
        case _:
            return {}
