"""An example of a workflow's input, for READMEs and tests: valid, short and always the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import SchemaValidator, core_schema

from catalyst.expressions.types import (
    BoolType,
    BytesType,
    DateTimeType,
    FileType,
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


def example_input(workflow: Workflow) -> dict[str, Any]:
    """A value for each field that must be given, and the defaults of the others."""
    return {fact.name: _field(fact) for fact in workflow.input_facts if fact.required}


def _field(fact: InputFact) -> Any:
    return _fitted(example_value(fact.type, fact.name), fact.constraints)


def _fitted(value: Any, limits: Mapping[str, Any]) -> Any:
    """The value moved into the limits of its field."""
    if "choices" in limits:
        return limits["choices"][0]
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        value = max(value, limits.get("ge", value))
        return min(value, limits.get("le", value))
    if isinstance(value, str) and "pattern" in limits:
        return _matching(value, limits)
    if isinstance(value, str):
        shortest, longest = limits.get("min_length", 0), limits.get("max_length", len(value) + 100)
        while len(value) < shortest:
            value += " text"
        return value[:longest]
    if isinstance(value, list) and value and len(value) < limits.get("min_length", 0):
        return value * limits["min_length"]
    return value


_SAMPLES = (
    "name@example.com https://example.com 2030-01-31 2030-01-31T12:00:00Z 12:30 12:30:00 2030-01 "
    "123e4567-e89b-42d3-a456-426614174000 +34600123456 1.5 1.2.3 192.0.2.1 #a1b2c3 en en-US en_US EUR ES "
    "a abc Abc ABC a1 A1 abc1 abc123 ABC123 abc-123 ABC-123 AB-12 AB-1234 abc_123 a-b abc/def "
    "1 12 123 1234 12345 123456 1234567 12345678 1234567890 123456789012 deadbeef"
)
"""Texts of the shapes that patterns usually ask for."""


def _matching(text: str, limits: Mapping[str, Any]) -> str:
    """The text when it has the pattern of its field, else the first sample that has it; the text when none has."""
    lengths = {name: limits[name] for name in ("min_length", "max_length") if name in limits}
    # Patterns are those of pydantic, which are not quite those of `re`.
    fits = SchemaValidator(core_schema.str_schema(pattern=limits["pattern"], **lengths)).isinstance_python
    samples = (text, *_SAMPLES.split(), *(letter * length for length in range(1, 41) for letter in "a1A"))
    return next((sample for sample in samples if fits(sample)), text)


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
        case FileType():
            return {"filename": f"{name}.txt", "content_type": "text/plain", "content": "dGV4dA=="}
        case ListType(item, limits):
            return [_fitted(example_value(item, name), dict(limits))]
        case MapType(value):
            return {"key": example_value(value, name)}
        case ObjectType(fields=fields):
            needed = [(key, field) for key, field in fields if field.required and field.default is None]
            return {key: _fitted(example_value(field.type, key), dict(field.limits)) for key, field in needed}
        case NullableType(inner) | SecretType(inner):
            return example_value(inner, name)
        case UnionType(members):
            return example_value(members[0], name)
        case _:
            return {}
