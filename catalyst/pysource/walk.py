"""Ways through a syntax tree that are quicker than looking at every node."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def statements(tree: ast.AST, *, itself: bool = False) -> Iterator[ast.stmt]:
    """Every statement in the tree, at any depth, in no particular order; expressions are not entered.

    With `itself` the tree counts too, when it is a statement.
    """
    if itself and isinstance(tree, ast.stmt):
        yield tree
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        for name in _BLOCKS:
            block = getattr(node, name, None)
            if isinstance(block, list):
                waiting += block
                yield from (child for child in block if isinstance(child, ast.stmt))
