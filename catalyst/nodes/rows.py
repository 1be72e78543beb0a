"""Lists of records as settings see them: the type of a row, and the fields that a setting names by path.

`customer.city` is the field `city` of what stands at `customer`. A path is a constant, so that where it leads is known
when the flow is built; where the rows have no known fields it is looked up in the run, and what is not there is none.
Shared by the node types that work on rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from catalyst.diagnostics import did_you_mean, listing
from catalyst.expressions.types import (
    ANY,
    AnyType,
    BoolType,
    BytesType,
    FileType,
    FloatType,
    IntType,
    ListType,
    MapType,
    NoneType,
    NumberType,
    ObjectType,
    Type,
    UnionType,
    describe,
    may_be_none,
    nullable,
    settled,
    without_none,
)
from catalyst.nodes.base import Scribe, Site
from catalyst.nodes.settings import Expr, Slot
from catalyst.spec.problems import Reader, problem

Rows = Annotated[Expr, Slot(ListType(ANY))]

_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")
_PATH = re.compile(r"[^.\s][^.]{0,99}(?:\.[^.\s][^.]{0,99}){0,9}")


def read_path(value: object) -> str:
    """The path of a field as it is written."""
    if not isinstance(value, str) or not _PATH.fullmatch(value) or "{{" in value:
        raise problem("E144", "this is not the path of a field", help="write `name`, or `customer.city` for one inside")
    return str(value)


def _read_paths(value: object) -> tuple[str, ...]:
    """One path, or a list of them."""
    given = value if isinstance(value, list) else [value]
    if not given:
        raise problem("E144", "no field is named here")
    return tuple(read_path(each) for each in given)


def _read_name(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise problem("E144", "this is not the name of a field", help="names are letters, digits and `_`")
    return str(value)


_PATH_SCHEMA = {"type": "string", "examples": ["name", "customer.city"]}
_ANY_OF = {"anyOf": [_PATH_SCHEMA, {"type": "array", "items": _PATH_SCHEMA, "minItems": 1}]}

FieldPath = Annotated[str, Reader(read_path, _PATH_SCHEMA)]
FieldPaths = Annotated[tuple[str, ...], Reader(_read_paths, _ANY_OF)]
FieldName = Annotated[str, Reader(_read_name, {"type": "string", "pattern": _NAME.pattern})]
"""What a field of the result is called."""


def row_type(type_: Type) -> Type:
    """The type of the items of a list."""
    inner = without_none(type_)
    return settled(inner.item) if isinstance(inner, ListType) else ANY


@dataclass(frozen=True, slots=True)
class RowField:
    """A field of the rows: its path, its type, and whether it is there in every row."""

    path: tuple[str, ...]
    type: Type
    sure: bool

    def key(self) -> str:
        """The path as Python, for the helpers of the runtime."""
        return "[" + ", ".join(map(repr, self.path)) + "]"

    def arguments(self) -> str:
        """The path as the arguments of a call."""
        return ", ".join(map(repr, self.path))

    def getter(self, scribe: Scribe, name: str = "row") -> str:
        """A lambda that reads it."""
        if self.sure:
            return f"lambda {name}: {name}" + "".join(f"[{key!r}]" for key in self.path)
        return f"lambda {name}: {scribe.use('values', 'soft')}({name}, {self.arguments()})"


def find_field(path: str, row: Type) -> RowField | tuple[str, str, str]:
    """The field at the end of a path; or what is wrong with it: message, label, help."""
    keys = tuple(path.split("."))
    current, sure = row, True
    for key in keys:
        inner = without_none(current)
        sure = sure and isinstance(inner, ObjectType) and not may_be_none(current)
        found = _step(inner, key)
        if found is None:
            names = [name for name, _ in inner.fields] if isinstance(inner, ObjectType) else []
            known = f"it has fields: {listing(names)}" if names else "only objects have fields"
            return f"{_a(inner)} has no field `{key}`", did_you_mean(key, names), known
        type_, always = found
        sure = sure and always
        current = type_ if always and not may_be_none(current) else nullable(type_)
    return RowField(keys, current, sure)


def field_of(site: Site, row: Type, path: str, *place: str | int) -> RowField:
    """The field at the end of a path; reports a path that leads nowhere."""
    found = find_field(path, row)
    if isinstance(found, RowField):
        return found
    message, label, help_ = found
    site.found.error("E460", message, site.span_of(*place), label=label, help=help_)
    return RowField(tuple(path.split(".")), ANY, False)


def known_field(row: Type, path: str) -> RowField:
    """The same, after it was checked."""
    found = find_field(path, row)
    return found if isinstance(found, RowField) else RowField(tuple(path.split(".")), ANY, False)


def _step(type_: Type, key: str) -> tuple[Type, bool] | None:
    """The type behind one key and whether it is always there; None where the type has no such key."""
    match type_:
        case AnyType() | UnionType():
            return ANY, False
        case MapType(value):
            return value, False
        case ObjectType(open=is_open):
            field = type_.field(key)
            if field is not None:
                return field.type, field.required
            return (ANY, False) if is_open else None
        case _:
            return None


def _a(type_: Type) -> str:
    text = describe(type_)
    if isinstance(type_, ObjectType) and type_.name:
        return f"type `{text}`"
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"


def has_order(type_: Type) -> bool:
    """Whether its values can be put in order; `any` is found out in the run."""
    return not isinstance(without_none(type_), (ListType, ObjectType, MapType, FileType, BytesType, NoneType))


def is_number(type_: Type) -> bool:
    """Whether its values may be numbers."""
    return isinstance(without_none(type_), (AnyType, IntType, FloatType, NumberType))


def is_scalar(type_: Type) -> bool:
    """Whether it is one value that a cell of a table may hold."""
    return has_order(type_) or isinstance(type_, (AnyType, BoolType))


def has_known_fields(row: Type) -> bool:
    """Whether the rows are objects of which every field is known."""
    return isinstance(row, ObjectType) and not row.open


def conformed(source: str, given: Type, scribe: Scribe) -> str:
    """The value as the node's type: checked in the run where only its `output:` says what it is."""
    if scribe.output == settled(given):
        return source
    return f"{scribe.use('conform', 'conform')}({scribe.adapter(scribe.output)}, {source})"
