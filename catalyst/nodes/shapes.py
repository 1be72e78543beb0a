"""The types of values that are written out in the flow, for what they are given to.

A value that is written as an object or a list becomes one in the code where it stands, so that it is whatever is
wanted there; a text that is written down is the one choice that it is.
"""

from __future__ import annotations

from collections.abc import Callable

from catalyst.expressions.types import (
    NEVER,
    FieldType,
    ListType,
    MapType,
    ObjectType,
    StrType,
    Type,
    union,
    without_none,
)
from catalyst.expressions.variance import assignable
from catalyst.nodes.settings import Expr, Shape

TypeOf = Callable[[Expr], Type]


def as_written(shape: Shape, type_of: TypeOf) -> Type:
    """The type of a value in which texts that are written down are the choices that they are."""
    if isinstance(shape, dict):
        return ObjectType(tuple((key, FieldType(as_written(item, type_of))) for key, item in shape.items()))
    if isinstance(shape, list):
        return ListType(union(*(as_written(item, type_of) for item in shape)) if shape else NEVER)
    if shape.is_constant and isinstance(shape.constant, str):
        return StrType((shape.constant,))
    return type_of(shape)


def written_as(wanted: Type, shape: Shape, type_of: TypeOf, *, read_only: bool = False) -> bool:
    """Whether the code of a value can stand where the type is wanted, as Python's type checkers see it."""
    inner = without_none(wanted)
    if isinstance(shape, dict) and isinstance(inner, ObjectType) and inner.fields:
        fields = dict(inner.fields)
        return all(key in fields and written_as(fields[key].type, item, type_of) for key, item in shape.items())
    if isinstance(shape, dict) and isinstance(inner, MapType):
        return all(written_as(inner.value, item, type_of) for item in shape.values())
    if isinstance(shape, list) and isinstance(inner, ListType):
        return all(written_as(inner.item, item, type_of) for item in shape)
    if isinstance(shape, dict) and isinstance(inner, ObjectType) and inner.open:
        return True
    return assignable(wanted, as_written(shape, type_of), read_only=read_only)
