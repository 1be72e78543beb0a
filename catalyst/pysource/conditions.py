"""Conditions in Python; in comes the tree of one, out comes another's."""

from __future__ import annotations

import ast

_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPPOSITES_IN_ORDER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
}


def negated(condition: ast.expr, *, in_order: bool = False) -> ast.expr:
    """What holds where the condition does not, as a person writes it.

    `in_order`: one of the two that it compares is always the smaller one if they are not the same, as with whole
    numbers and not with nan, so that `<` has an opposite.
    """
    opposites = _OPPOSITES | _OPPOSITES_IN_ORDER if in_order else _OPPOSITES
    match condition:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return operand
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in opposites:
            return ast.Compare(left, [opposites[type(op)]()], [right])
    return ast.UnaryOp(ast.Not(), condition)
