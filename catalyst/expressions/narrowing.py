"""What a condition says about paths: behind `x is not none and`, `x` has a value.

Goes in: a condition as parsed, and whether it holds. Comes out: the paths that lead to a value then.
"""

from __future__ import annotations

from catalyst.expressions.check_paths import path_key
from catalyst.expressions.checker import DEFINED, NO_FACTS, Facts, PathKey
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
        case Test(value=value, name="none", negated=negated):
            return _present(value) if negated == holds else NO_FACTS
        case Test(value=value, name="defined" | "undefined" as name, negated=negated):
            says_defined = (name == "defined") != negated
            return _defined(value) if says_defined == holds else NO_FACTS
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


def _defined(node: Expr) -> Facts:
    """The paths on the way to it, and that the path itself leads somewhere: what stands there may still be none.

    An input that was left out and a node that was skipped are none and not defined, so there it says more.
    """
    key = path_key(node)
    if key is None:
        return NO_FACTS
    if _is_root(key):
        return frozenset(_prefixes(key))
    return frozenset([*_prefixes(key[:-1]), (DEFINED, *key)])


def _is_root(key: PathKey) -> bool:
    """Whether a path is one reference: a name of a body, `input.x`, `nodes.x.output`, `loop.state.x`."""
    return len(key) == {"input": 2, "nodes": 3, "loop": 3}.get(str(key[0]), 1)


def _prefixes(key: PathKey) -> list[PathKey]:
    return [key[:length] for length in range(1, len(key) + 1)]
