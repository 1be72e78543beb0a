"""Types as the flow file writes them become the types that the checker knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from catalyst.expressions.types import (
    ANY,
    BOOL,
    BYTES,
    DATETIME,
    FILE,
    FLOAT,
    INT,
    NEVER,
    NONE,
    NUMBER,
    OPEN_OBJECT,
    STR,
    FieldType,
    Limits,
    ListType,
    MapType,
    ObjectType,
    StrType,
    Type,
    nullable,
    union,
)
from catalyst.spec.model import FieldSpec
from catalyst.spec.typetext import (
    ArrayType,
    MapOfType,
    NamedType,
    OptionalType,
    RecordField,
    RecordType,
    SimpleType,
    TypeText,
)

_SIMPLE: dict[str, Type] = {
    "string": STR,
    "integer": INT,
    "number": NUMBER,
    "boolean": BOOL,
    "object": OPEN_OBJECT,
    "any": ANY,
    "file": FILE,
    "bytes": BYTES,
    "datetime": DATETIME,
}


class NamedTypes:
    """The types that a flow names; each is resolved once, when it is first asked for."""

    def __init__(self, declared: Mapping[str, FieldSpec]) -> None:
        self._declared = declared
        self._known: dict[str, Type] = {}
        self._open: list[str] = []

    def resolve(self, text: TypeText) -> Type:
        """The type that parsed text stands for; unknown and endlessly recursive names give `any`."""
        match text:
            case SimpleType(name):
                return _SIMPLE[name]
            case NamedType(name):
                return self.named(name)
            case ArrayType(item, limits):
                return ListType(self.resolve(item), self._limits(item, limits))
            case MapOfType(value):
                return MapType(self.resolve(value))
            case OptionalType(inner):
                return nullable(self.resolve(inner))
            case RecordType(fields):
                return ObjectType(tuple((field.name, self._field(field)) for field in fields))
            case _:
                assert_never(text)

    def named(self, name: str) -> Type:
        """The type of that name; a name inside its own definition is `any` there."""
        if name in self._open or name not in self._declared:
            return ANY
        if name not in self._known:
            self._open.append(name)
            self._known[name] = self._define(name)
            self._open.pop()
        return self._known[name]

    def names(self) -> tuple[str, ...]:
        """All names, as declared."""
        return tuple(self._declared)

    def objects(self) -> dict[str, ObjectType]:
        """The named types that are objects."""
        resolved = {name: self.named(name) for name in self._declared}
        return {name: type_ for name, type_ in resolved.items() if isinstance(type_, ObjectType)}

    def field_type(self, spec: FieldSpec) -> Type:
        """The type of an input field, node output and the like, choices included."""
        type_ = self.resolve(spec.full_type)
        if spec.enum and isinstance(type_, StrType):
            return StrType(tuple(str(choice) for choice in spec.enum))
        return type_

    def limits(self, spec: FieldSpec) -> Limits:
        """The limits of a value, those of the type that it names included."""
        return self._limits(spec.full_type, spec.limits)

    def _limits(self, text: TypeText, own: Limits, seen: tuple[str, ...] = ()) -> Limits:
        match text:
            case OptionalType(inner):
                return self._limits(inner, own, seen)
            case NamedType(name) if name in self._declared and name not in seen:
                named = self._declared[name]
                limits = self._limits(named.full_type, named.limits, (*seen, name))
                return tuple({**dict(limits), **dict(own)}.items())
            case _:
                return own

    def _define(self, name: str) -> Type:
        type_ = self.field_type(self._declared[name])
        return ObjectType(type_.fields, name, type_.open) if isinstance(type_, ObjectType) and type_.fields else type_

    def _field(self, field: RecordField) -> FieldType:
        type_ = self.resolve(field.type)
        if field.choices and isinstance(type_, StrType):
            type_ = StrType(tuple(str(choice) for choice in field.choices))
        is_there = field.required or field.default is not None
        limits = self._limits(field.type, field.limits)
        return FieldType(type_, is_there, limits, field.default, str(field.description or ""))


def type_of_constant(value: object) -> Type:
    """The type of a YAML constant."""
    match value:
        case None:
            return NONE
        case bool():
            return BOOL
        case int():
            return INT
        case float():
            return FLOAT
        case str():
            return STR
        case dict():
            return ObjectType(tuple((str(key), FieldType(type_of_constant(item))) for key, item in value.items()))
        case list():
            return ListType(union(*(type_of_constant(item) for item in value)) if value else NEVER)
        case _:
            return ANY
