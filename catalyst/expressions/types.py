"""The types that values of a flow may have, and the relations between them.

`ANY` switches checks off for what it touches. `NullableType` is the only way to say "may be none"; a type never nests
two of them. A `SecretType` marks a value that must not reach an output, a log, a prompt or a URL.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, assert_never


@dataclass(frozen=True, slots=True)
class AnyType:
    """Nothing is known."""


@dataclass(frozen=True, slots=True)
class NoneType:
    """Only `none`."""


@dataclass(frozen=True, slots=True)
class BoolType:
    """true or false; not a number."""


@dataclass(frozen=True, slots=True)
class IntType:
    """A whole number."""


@dataclass(frozen=True, slots=True)
class FloatType:
    """A number with a fraction."""


@dataclass(frozen=True, slots=True)
class NumberType:
    """A whole number or a float; the flow file's `number`."""


@dataclass(frozen=True, slots=True)
class StrType:
    """Text; with `choices` only these values."""

    choices: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class DateTimeType:
    """A point in time, with its zone."""


@dataclass(frozen=True, slots=True)
class BytesType:
    """Raw bytes."""


@dataclass(frozen=True, slots=True)
class FileType:
    """An uploaded file: an object of filename, content_type and content."""


Limits = tuple[tuple[str, Any], ...]
"""What a value keeps to beside its type: `ge`, `le`, `min_length`, `max_length`, `pattern`, `choices` of a number.

Data from outside is checked against them when it comes in; expressions do not look at them.
"""


@dataclass(frozen=True, slots=True)
class ListType:
    """A list of one type; `limits` are those of each item."""

    item: Type
    limits: Limits = ()


@dataclass(frozen=True, slots=True)
class MapType:
    """An object with arbitrary keys and one value type."""

    value: Type


@dataclass(frozen=True, slots=True)
class FieldType:
    """A field of an object; not `required` means that the key may be absent.

    `default` is the JSON of what data from outside gets for it when it is not given; it is never absent then.
    """

    type: Type
    required: bool = True
    limits: Limits = ()
    default: str | None = None
    description: str = field(default="", compare=False)
    """Words for people: types that differ only in them are the same."""


@dataclass(frozen=True, slots=True)
class ObjectType:
    """An object with known fields. `name` when it has one; `open` when other keys may be there too."""

    fields: tuple[tuple[str, FieldType], ...]
    name: str | None = None
    open: bool = False

    def field(self, key: str) -> FieldType | None:
        """The field of that name, if it is known."""
        return next((field for name, field in self.fields if name == key), None)


@dataclass(frozen=True, slots=True)
class UnionType:
    """One of several types, none of them `ANY`, `NoneType` or nullable."""

    members: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class NullableType:
    """`inner` or none."""

    inner: Type


@dataclass(frozen=True, slots=True)
class SecretType:
    """Text that must stay secret."""

    inner: Type


Type = (
    AnyType
    | NoneType
    | BoolType
    | IntType
    | FloatType
    | NumberType
    | StrType
    | DateTimeType
    | BytesType
    | FileType
    | ListType
    | MapType
    | ObjectType
    | UnionType
    | NullableType
    | SecretType
)

ANY = AnyType()
NONE = NoneType()
BOOL = BoolType()
INT = IntType()
FLOAT = FloatType()
NUMBER = NumberType()
STR = StrType()
DATETIME = DateTimeType()
BYTES = BytesType()
FILE = FileType()
OPEN_OBJECT = ObjectType(fields=(), open=True)
_EMPTY_OBJECT = ObjectType(fields=())
NEVER = UnionType(())
"""What has no values: the item type of an empty list. Joined with any other type it leaves that type as it is."""


def nullable(type_: Type) -> Type:
    """`T?`; `any`, `none` and what is nullable already stay as they are."""
    match type_:
        case AnyType() | NoneType() | NullableType():
            return type_
        case _:
            return NullableType(type_)


def without_none(type_: Type) -> Type:
    """The type with the possibility of none taken away."""
    return type_.inner if isinstance(type_, NullableType) else type_


def may_be_none(type_: Type) -> bool:
    """Whether `none` is a value of it that the checker knows of; `any` is not counted."""
    return isinstance(type_, (NullableType, NoneType))


def is_secret(type_: Type) -> bool:
    """Whether a value of it must stay secret, wherever in it the secret is."""
    match type_:
        case SecretType():
            return True
        case NullableType(inner):
            return is_secret(inner)
        case ListType(item):
            return is_secret(item)
        case MapType(value):
            return is_secret(value)
        case UnionType(members):
            return any(is_secret(member) for member in members)
        case ObjectType(fields=fields):
            return any(is_secret(field.type) for _, field in fields)
        case _:
            return False


def settled(type_: Type) -> Type:
    """The type with `any` for what is still open: the items of a list that was written empty."""
    match type_:
        case UnionType(()):
            return ANY
        case ListType(item):
            return ListType(settled(item))
        case NullableType(inner):
            return nullable(settled(inner))
        case ObjectType(fields, name, open_) if name is None:
            kept = tuple((key, FieldType(settled(field.type), field.required)) for key, field in fields)
            return ObjectType(kept, None, open_)
        case _:
            return type_


def union(*types: Type) -> Type:
    """The smallest type that holds all of them; more than four different members give `any`."""
    flat: list[Type] = []
    has_none = False
    for type_ in types:
        if isinstance(type_, AnyType):
            return ANY
        has_none |= may_be_none(type_)
        inner = without_none(type_)
        for member in inner.members if isinstance(inner, UnionType) else (inner,):
            if not isinstance(member, NoneType) and member not in flat:
                flat.append(member)
    return _joined(_merged(flat), has_none)


def _joined(members: list[Type], has_none: bool) -> Type:
    if not members:
        return NONE
    if len(members) > 4:
        return ANY
    inner = members[0] if len(members) == 1 else UnionType(tuple(members))
    return nullable(inner) if has_none else inner


def _merged(members: list[Type]) -> list[Type]:
    """Number kinds become one, and so do strings with and without choices, and lists; `{}` is as good as any object."""
    numbers = [m for m in members if isinstance(m, (IntType, FloatType, NumberType))]
    if len(numbers) > 1:
        first = members.index(numbers[0])
        members = [m for m in members if m not in numbers]
        members.insert(first, NUMBER)
    strings = [m for m in members if isinstance(m, StrType)]
    if len(strings) > 1:
        choices = [m.choices for m in strings if m.choices is not None]
        every = tuple(dict.fromkeys(c for group in choices for c in group))
        first = members.index(strings[0])
        members = [m for m in members if m not in strings]
        members.insert(first, StrType(every if len(choices) == len(strings) else None))
    lists = [m for m in members if isinstance(m, ListType)]
    if len(lists) > 1:
        first = members.index(lists[0])
        members = [m for m in members if m not in lists]
        members.insert(first, ListType(union(*(m.item for m in lists))))
    if any(isinstance(m, MapType) or (isinstance(m, ObjectType) and m.open) for m in members):
        members = [m for m in members if m != _EMPTY_OBJECT]
    return members


def describe(type_: Type) -> str:
    """The type as the flow file writes it, for messages."""
    match type_:
        case AnyType():
            return "any"
        case NoneType():
            return "none"
        case BoolType():
            return "boolean"
        case IntType():
            return "integer"
        case FloatType() | NumberType():
            return "number"
        case StrType(choices=None | (_,)):
            return "string"
        case StrType(choices=choices):
            return "one of " + ", ".join(repr(choice) for choice in choices or ())
        case DateTimeType():
            return "datetime"
        case BytesType():
            return "bytes"
        case FileType():
            return "file"
        case ListType(item):
            return f"array<{describe(item)}>"
        case MapType(value):
            return f"map<{describe(value)}>"
        case ObjectType(name=name):
            return name.rpartition(".")[2] if name else "object"
        case UnionType(members):
            return " or ".join(describe(member) for member in members)
        case NullableType(inner):
            return f"{describe(inner)}?"
        case SecretType(inner):
            return f"secret {describe(inner)}"
        case _:
            assert_never(type_)


def accepts(wanted: Type, given: Type) -> bool:
    """Whether every value of `given` is a value of `wanted`; `any` on either side is accepted (checked at run time)."""
    if isinstance(wanted, AnyType) or isinstance(given, AnyType) or wanted == given:
        return True
    if isinstance(given, SecretType):
        return isinstance(wanted, SecretType) and accepts(wanted.inner, given.inner)
    if isinstance(given, UnionType):
        return all(accepts(wanted, member) for member in given.members)
    match wanted:
        case NullableType(inner):
            return isinstance(given, NoneType) or accepts(inner, without_none(given))
        case UnionType(members):
            return any(accepts(member, given) for member in members)
        case SecretType(inner):
            return accepts(inner, given)
        case NumberType() | FloatType():
            return isinstance(given, (IntType, FloatType, NumberType))
        case StrType(choices=None):
            return isinstance(given, StrType)
        case StrType(choices=choices):
            return isinstance(given, StrType) and given.choices is not None and set(given.choices) <= set(choices or ())
        case ListType(item):
            return isinstance(given, ListType) and accepts(item, given.item)
        case MapType(value):
            return (isinstance(given, MapType) and accepts(value, given.value)) or _object_as_map(value, given)
        case ObjectType():
            return _accepts_object(wanted, given)
        case FileType():
            return False
        case _:
            return False


def _object_as_map(value: Type, given: Type) -> bool:
    return isinstance(given, ObjectType) and all(accepts(value, field.type) for _, field in given.fields)


def _accepts_object(wanted: ObjectType, given: Type) -> bool:
    if isinstance(given, MapType):
        return wanted.open and not any(field.required for _, field in wanted.fields)
    if not isinstance(given, ObjectType):
        return False
    for name, asked in wanted.fields:
        got = given.field(name)
        if got is None:
            if asked.required and not given.open:
                return False
        elif not accepts(asked.type, got.type) or (asked.required and not got.required):
            return False
    known = {name for name, _ in wanted.fields}
    return wanted.open or all(name in known for name, _ in given.fields)
