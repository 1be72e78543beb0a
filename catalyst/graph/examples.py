"""An example of a workflow's input, for READMEs and tests: valid, short and always the same."""

from __future__ import annotations

from typing import Any

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
    if isinstance(value, str) and "pattern" not in limits:
        shortest, longest = limits.get("min_length", 0), limits.get("max_length", len(value) + 100)
        while len(value) < shortest:
            value += " text"
        return value[:longest]
    if isinstance(value, list) and value and len(value) < limits.get("min_length", 0):
        return value * limits["min_length"]
    return value


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
            return "bytes"
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
