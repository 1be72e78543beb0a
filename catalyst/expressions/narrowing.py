"""What a condition says about paths: behind `x is not none and`, `x` has a value.

Goes in: a condition as parsed, and whether it holds. Comes out: the paths that lead to a value then.
"""

from __future__ import annotations

from catalyst.expressions.check_paths import path_key
from catalyst.expressions.checker import NO_FACTS, Facts, PathKey
from catalyst.expressions.tree import BoolOp, Compare, Expr, Get, Index, Literal_, Name, Test, Unary


def facts_of(condition: Expr, holds: bool) -> Facts:
    """Paths that have a value when `condition` is true (`holds`) or false."""
    match condition:
        case Name() | Get() | Index():
            return _present(condition) if holds else NO_FACTS
        case Unary(op="not", value=value):
            return facts_of(value, not holds)
        case BoolOp(op=op, left=left, right=right):
            first, second = facts_of(left, holds), facts_of(right, holds)
            return first | second if (op == "and") == holds else first & second
        case Test(value=value, name="defined" | "undefined" | "none" as name, negated=negated):
            says_present = (name == "defined") != negated
            return _present(value) if says_present == holds else NO_FACTS
        case Compare(first=first, rest=((op, second),)):
            return _compared(first, op, second, holds)
        case _:
            return NO_FACTS


def _compared(left: Expr, op: str, right: Expr, holds: bool) -> Facts:
    if isinstance(left, Literal_) and not isinstance(right, Literal_):
        left, right = right, left
    if not isinstance(right, Literal_) or op not in ("==", "!="):
        return NO_FACTS
    is_equal = (op == "==") == holds
    return _present(left) if is_equal != (right.value is None) else NO_FACTS


def _present(node: Expr) -> Facts:
    """The path and all paths on the way to it."""
    key = path_key(node)
    if key is None:
        return NO_FACTS
    return frozenset(_prefixes(key))


def _prefixes(key: PathKey) -> list[PathKey]:
    return [key[:length] for length in range(1, len(key) + 1)]
