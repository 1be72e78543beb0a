"""Finds the values that no case of a `switch` is for.

Goes in: the checked conditions of the cases. Comes out: the values that are left over, where all cases ask about one
text of an enum (`nodes.desk.output == 'billing'`, `... in ['a', 'b']`, and `or` between such).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from catalyst.expressions.tree import BoolOp, Compare, Expr, Get, Hole, ListExpr, Literal_, Ref, Template
from catalyst.expressions.types import StrType, without_none

Subject = tuple[object, ...]


def left_over(conditions: Iterable[Template]) -> tuple[str, ...]:
    """The values of the enum that no condition holds for; empty when none is, or when nobody can tell."""
    asked: set[Subject] = set()
    choices: tuple[str, ...] = ()
    handled: set[object] = set()
    for condition in conditions:
        parts = list(_questions(condition))
        if not parts:
            return ()
        for subject, known, values in parts:
            asked.add(subject)
            choices = known
            handled |= values
    return tuple(choice for choice in choices if choice not in handled) if len(asked) == 1 else ()


def _questions(condition: Template) -> Iterator[tuple[Subject, tuple[str, ...], set[object]]]:
    """Each comparison of a condition; none at all when a part of it is something else."""
    part = condition.parts[0] if condition.whole else None
    found = [_question(expr) for expr in _alternatives(part.expr)] if isinstance(part, Hole) else [None]
    if None not in found:
        yield from (each for each in found if each is not None)


def _alternatives(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, BoolOp) and expr.op == "or":
        yield from _alternatives(expr.left)
        yield from _alternatives(expr.right)
    else:
        yield expr


def _question(expr: Expr) -> tuple[Subject, tuple[str, ...], set[object]] | None:
    match expr:
        case Compare(first=asked, rest=(("==", Literal_(value=value)),)):
            values = {value}
        case Compare(first=Literal_(value=value), rest=(("==", asked),)):
            values = {value}
        case Compare(first=asked, rest=(("in", ListExpr(items=items)),)):
            values = {item.value for item in items if isinstance(item, Literal_)}
        case _:
            return None
    subject = _subject(asked)
    given = without_none(asked.type)
    if subject is None or not isinstance(given, StrType) or given.choices is None:
        return None
    return subject, given.choices, set(values)


def _subject(expr: Expr) -> Subject | None:
    """A name for what is asked about, the same for the same value."""
    if isinstance(expr, Ref):
        return (expr.kind, *expr.path)
    if isinstance(expr, Get):
        inner = _subject(expr.value)
        return (*inner, expr.key) if inner is not None else None
    return None
