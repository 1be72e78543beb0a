"""Whether Python's type checkers take a value of one type where another is written.

`types.accepts` asks whether each value is right, which is what counts when a flow runs. A checker asks more of what can
be changed: a list of one kind of text is no `list[str]` to it, since whoever has it as that may put another text in.
What only reads (`Sequence`, `Mapping`) is asked no more than the values are.
"""

from __future__ import annotations

from catalyst.expressions.types import (
    ANY,
    AnyType,
    FieldType,
    ListType,
    MapType,
    NoneType,
    NullableType,
    ObjectType,
    SecretType,
    Type,
    UnionType,
    accepts,
    describe,
    without_none,
)


def assignable(wanted: Type, given: Type, *, read_only: bool = False) -> bool:
    """Whether a value that is annotated as `given` can stand where `wanted` is annotated."""
    if isinstance(given, SecretType):
        return assignable(wanted, given.inner, read_only=read_only)
    if isinstance(wanted, AnyType) or isinstance(given, AnyType) or wanted == given:
        return True
    if isinstance(given, UnionType):
        return all(assignable(wanted, member, read_only=read_only) for member in given.members)
    match wanted:
        case NullableType(inner):
            return isinstance(given, NoneType) or assignable(inner, without_none(given), read_only=read_only)
        case UnionType(members):
            return any(assignable(member, given, read_only=read_only) for member in members)
        case ListType(item):
            return isinstance(given, ListType) and _held(item, given.item, read_only)
        case MapType(value):
            inner = given.value if isinstance(given, MapType) else ANY
            return (isinstance(given, MapType) or _is_open(given)) and _held(value, inner, read_only)
        case ObjectType(open=True, fields=()):
            return _is_open(given) or isinstance(given, MapType) or (read_only and isinstance(given, ObjectType))
        case ObjectType(fields, open=False):
            return isinstance(given, ObjectType) and not given.open and _has_fields(fields, given)
        case _:
            return accepts(wanted, given)


def _held(wanted: Type, given: Type, read_only: bool) -> bool:
    """What a list or a map holds; `NEVER`, the items of an empty list, is whatever is wanted."""
    if read_only or given == UnionType(()):
        return assignable(wanted, given, read_only=True)
    return same(wanted, given)


def same(one: Type, other: Type) -> bool:
    """Whether each can stand for the other."""
    return assignable(one, other) and assignable(other, one)


def _is_open(type_: Type) -> bool:
    return isinstance(type_, ObjectType) and type_.open


def _has_fields(wanted: tuple[tuple[str, FieldType], ...], given: ObjectType) -> bool:
    found = dict(given.fields)
    return all(
        name in found and found[name].required == asked.required and same(asked.type, found[name].type)
        for name, asked in wanted
    )


def is_certain(wanted: Type, given: Type) -> bool:
    """Whether nothing of what is wanted is left open in what is given."""
    wanted, given = without_none(wanted), without_none(given)
    match wanted, given:
        case (AnyType(), _):
            return True
        case (_, AnyType()):
            return False
        case (ListType(item), ListType(inner)):
            return is_certain(item, inner)
        case (MapType(value), MapType(inner)):
            return is_certain(value, inner)
        case (ObjectType(fields), ObjectType(open=is_open) as found):
            held = dict(found.fields)
            known = [(field.type, held[name].type) for name, field in fields if name in held]
            return all(is_certain(*each) for each in known) and (not is_open or len(known) == len(fields))
        case (ObjectType(fields), MapType()):
            return not fields
        case _:
            return True


def difference(wanted: Type, given: Type, at: str = "") -> str:
    """In words, for a person, the first place in which the given type is not what is wanted."""
    inner, found = without_none(wanted), without_none(given)
    if isinstance(inner, ListType) and isinstance(found, ListType) and given == found:
        return difference(inner.item, found.item, f"{at}[]")
    if isinstance(inner, ObjectType) and isinstance(found, ObjectType) and given == found:
        for name, asked in inner.fields:
            got = found.field(name)
            if got is None and asked.required and not found.open:
                return f"{_place(at)} needs the field `{name}`"
            if got is not None and asked.required and not got.required:
                return f"{_place(at)} may be without the field `{name}`"
            if got is not None and not accepts(asked.type, got.type):
                return difference(asked.type, got.type, f"{at}.{name}".lstrip("."))
        more = [name for name, _ in found.fields if inner.field(name) is None]
        if more:
            return f"{_place(at)} has no field `{more[0]}`"
    return f"{_place(at)} is {describe(wanted)}, this gives {describe(given)}"


def _place(at: str) -> str:
    if at == "[]":
        return "an item of it"
    return f"`{at}` in it" if at else "it"
