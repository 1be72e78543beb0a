"""Types of a flow as plain data and back, so that they can be kept.

Only the types of `expressions.types` come out of data; anything else in it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_args

from catalyst.expressions import types
from catalyst.expressions.types import FieldType, Type

_CLASSES: Mapping[str, type[Any]] = {each.__name__: each for each in (*get_args(types.Type), FieldType)}
_PLAIN = (str, int, float, bool, type(None))


def to_data(value: Any) -> Any:
    """A type as JSON can hold it. Raises `TypeError` for what has no such form."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, tuple):
        return [to_data(each) for each in value]
    if type(value).__name__ in _CLASSES and type(value) is _CLASSES[type(value).__name__]:
        return {"is": type(value).__name__, **{each.name: to_data(getattr(value, each.name)) for each in fields(value)}}
    raise TypeError(f"{type(value).__name__} cannot be kept")


def from_data(data: Any) -> Any:
    """What `to_data` was given. Raises `ValueError` or `TypeError` for anything else."""
    if isinstance(data, _PLAIN):
        return data
    if isinstance(data, list):
        return tuple(from_data(each) for each in data)
    if not isinstance(data, dict) or data.get("is") not in _CLASSES:
        raise ValueError("not a type")
    return _CLASSES[data["is"]](**{name: from_data(each) for name, each in data.items() if name != "is"})


def type_from_data(data: Any) -> Type:
    """A type. Raises `ValueError` or `TypeError` when the data is none."""
    value: Type = from_data(data)
    if type(value) not in get_args(types.Type):
        raise ValueError("not a type")
    return value
