"""Ways through a syntax tree that are quicker than looking at every node."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_HOLDERS = (ast.stmt, ast.excepthandler, ast.match_case)


def statements(tree: ast.AST, *, itself: bool = False) -> Iterator[ast.stmt]:
    """Every statement in the tree, at any depth, in no particular order; expressions are not entered.

    With `itself` the tree counts too, when it is a statement.
    """
    if itself and isinstance(tree, ast.stmt):
        yield tree
    waiting = [tree]
    while waiting:
        for child in ast.iter_child_nodes(waiting.pop()):
            if isinstance(child, _HOLDERS):
                waiting.append(child)
                if isinstance(child, ast.stmt):
                    yield child
