"""Python of what is one of several values, where only the flow's own types have one word for all of them.

A list of strings or else one of integers is a list of both to the flow. Python's type checkers keep the two apart, for
who has a list of both may put either in; so they are told that nobody does. What is written out takes the type that is
wanted where it stands; but as an argument, and behind `or`, it has the one that a checker finds for it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catalyst.expressions.types import (
    AnyType,
    ListType,
    MapType,
    ObjectType,
    StrType,
    Type,
    UnionType,
    is_secret,
    without_none,
)
from catalyst.expressions.variance import assignable

_WRITTEN_OUT = (ast.List, ast.Dict, ast.ListComp, ast.DictComp, ast.Constant)

Build = Callable[[Sequence[ast.expr]], ast.expr]
Cast = Callable[[Type, ast.expr], ast.expr]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the values: its code, its type, and the type that is wanted of it."""

    code: ast.expr
    type: Type
    wanted: Type
    read_only: bool = False
    """It is a list of which only the items are wanted."""

    @property
    def fits(self) -> bool:
        """Whether Python takes it for what is wanted."""
        if isinstance(self.wanted, AnyType) or is_secret(self.wanted) or isinstance(self.code, _WRITTEN_OUT):
            return True
        if self.read_only and isinstance(self.wanted, ListType) and isinstance(self.type, ListType):
            return assignable(self.wanted.item, self.type.item)
        return assignable(self.wanted, self.type)

    def told(self, cast: Cast) -> ast.expr:
        """The code, of which a type checker is told what it is where it would not see that."""
        return self.code if self.fits else cast(self.wanted, self.code)

    @property
    def fits_alone(self) -> bool:
        """Whether it does where nothing around it says what is wanted."""
        if not isinstance(self.code, (ast.List, ast.Dict)) or isinstance(self.wanted, AnyType):
            return True
        found = _found(self.type)
        return found is not None and assignable(self.wanted, found)


def joined(cast: Cast, wanted: Type, sides: Sequence[Side], build: Build, *, alone: bool = False) -> ast.expr:
    """What `build` makes of the sides, each of which Python takes for what is wanted of it; the whole is `wanted`.

    `alone` when what `build` makes does not tell the sides what is wanted.
    """
    if not any(side.fits for side in sides) or (alone and not all(side.fits_alone for side in sides)):
        return cast(wanted, build([side.code for side in sides]))
    return build([side.told(cast) for side in sides])


def finds_another(code: ast.expr, type_: Type) -> bool:
    """Whether a checker that is not told finds another type for what is written out."""
    match code, type_:
        case ast.List(elts=items), ListType(item):
            several = isinstance(without_none(item), UnionType) and holds_objects(item)
            return several or any(finds_another(each, item) for each in items)
        case ast.ListComp(elt=each), ListType(item):
            return finds_another(each, item)
        case ast.Dict(), ObjectType():
            return not type_.open
        case _:
            return False


def holds_objects(type_: Type) -> bool:
    """Whether a value of it may be an object or a list of lists, or may hold one."""
    match without_none(type_):
        case ListType(item):
            return isinstance(without_none(item), ListType) or holds_objects(item)
        case UnionType(members):
            return any(isinstance(member, ListType) or holds_objects(member) for member in members)
        case ObjectType() | MapType():
            return True
        case _:
            return False


def is_list_or_object(type_: Type) -> bool:
    """Whether it may be either."""
    inner = without_none(type_)
    members = inner.members if isinstance(inner, UnionType) else ()
    kinds = {isinstance(member, ListType) for member in members if isinstance(member, (ListType, MapType, ObjectType))}
    return len(kinds) > 1


def _found(type_: Type) -> Type | None:
    """The type that a checker finds for what is written out, given the flow's; None when that is none of the flow's."""
    match type_:
        case StrType():
            return StrType()
        case ListType(UnionType(())):
            return type_
        case ListType(item):
            inner = _found(item)
            return ListType(inner) if inner is not None else None
        case ObjectType(fields=fields, open=False) if fields:
            values = {_found(field.type) for _, field in fields}
            only = values.pop()
            return MapType(only) if only is not None and not values else None
        case ObjectType() | UnionType():
            return None
        case _:
            return type_
