"""Puts the arguments of a call in their places, by position and by name.

Goes in: the arguments as written and an entry of the filter, test or function table. Comes out: a name for each
argument. The checker and the emitter both use it, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalyst.expressions.functions import Argument
from catalyst.expressions.tree import Expr, ListExpr, Literal_, Unary

NOT_CONSTANT = object()


@dataclass(frozen=True, slots=True)
class Bound:
    """One argument of a call: the entry's argument and what was given; several for a variadic one."""

    argument: Argument
    values: tuple[Expr, ...]

    @property
    def value(self) -> Expr:
        """What was given, for an argument that is not variadic."""
        return self.values[0]


@dataclass(frozen=True, slots=True)
class Binding:
    """The arguments of a call in the order of the entry, and what does not fit: (text, node or None)."""

    bound: tuple[Bound, ...]
    problems: tuple[tuple[str, Expr | None], ...]


def bind(arguments: Sequence[Argument], args: Sequence[Expr], kwargs: Sequence[tuple[str, Expr]], what: str) -> Binding:
    """Match what was given with what an entry takes."""
    found: dict[str, tuple[Expr, ...]] = {}
    problems: list[tuple[str, Expr | None]] = []
    for position, value in enumerate(args):
        argument = arguments[position] if position < len(arguments) else None
        if argument is None:
            problems.append((f"{what} takes {_count(len(arguments))}", value))
            break
        if argument.variadic:
            found[argument.name] = tuple(args[position:])
            break
        found[argument.name] = (value,)
    known = {argument.name for argument in arguments}
    for name, value in kwargs:
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            problems.append((f"{what} has no argument `{name}`; it has: {names}", value))
        elif name in found:
            problems.append((f"argument `{name}` of {what} is given twice", value))
        else:
            found[name] = (value,)
    missing = [argument.name for argument in arguments if argument.required and argument.name not in found]
    problems += [(f"{what} needs the argument `{name}`", None) for name in missing]
    bound = tuple(Bound(argument, found[argument.name]) for argument in arguments if argument.name in found)
    return Binding(bound, tuple(problems))


def _count(number: int) -> str:
    if number == 0:
        return "no arguments"
    return "one argument" if number == 1 else f"at most {number} arguments"


def constant_of(node: Expr) -> object:
    """The value of a constant argument; `NOT_CONSTANT` when it is none."""
    match node:
        case Literal_(value=value):
            return value
        case Unary(op="-", value=Literal_(value=int() | float() as value)) if not isinstance(value, bool):
            return -value
        case ListExpr(items=items):
            values = [constant_of(item) for item in items]
            return NOT_CONSTANT if NOT_CONSTANT in values else values
        case _:
            return NOT_CONSTANT
