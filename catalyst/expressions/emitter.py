"""What the emitting functions share: how names read, which helpers are imported, and the way down the tree."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from catalyst.expressions.tree import Expr, ListExpr, Ref
from catalyst.expressions.types import ListType, Type, UnionType, without_none
from catalyst.pysource.names import SOFT_KEYWORDS


class NameResolver(Protocol):
    """How references and helpers read in the function that is being emitted."""

    def ref(self, ref: Ref) -> ast.expr:
        """The Python of a reference: `ctx.input["query"]`, a local name. A secret must read as plain text.

        The type of `ref` is what the checker knows at this place: nullable where the value may be missing, and not
        where a condition around it says that it is there.
        """

    def use(self, module: str, name: str) -> str:
        """Import `name` from the runtime module `module`; gives the name to call it by."""

    def cast(self, type_: Type, value: ast.expr) -> ast.expr:
        """The value, of which type checkers are told that it is of the type."""


@dataclass(slots=True)
class Emitter:
    """The state of one template's emission."""

    names: NameResolver
    dispatch: Callable[[Emitter, Expr], ast.expr]
    parameters: dict[str, str] = field(default_factory=dict)
    """Lambda parameters in sight, with the placeholders that stand for them until their names are chosen."""
    typed_parameters: frozenset[str] = frozenset()
    """Those of them whose objects are typed dicts for mypy."""
    small_parameters: frozenset[str] = frozenset()
    """Those of them whose numbers come from outside as they are, and so are no longer than such numbers can be."""
    placeholders: int = 0

    def emit(self, node: Expr) -> ast.expr:
        """The Python of a checked tree."""
        return self.dispatch(self, node)

    def emit_as(self, wanted: Type, node: Expr) -> ast.expr:
        """The same where a type is wanted; what is written out as a list gets items of it."""
        inner = without_none(wanted)
        members = inner.members if isinstance(inner, UnionType) else (inner,)
        lists = [member for member in members if isinstance(member, ListType)]
        return self.emit(replace(node, type=lists[0]) if isinstance(node, ListExpr) and len(lists) == 1 else node)

    def helper(self, module: str, name: str, *args: ast.expr) -> ast.expr:
        """A call of a helper of the runtime."""
        return ast.Call(func=ast.Name(self.names.use(module, name), ast.Load()), args=list(args), keywords=[])

    def reference(self, node: Ref) -> ast.expr:
        """The Python of a reference."""
        if node.kind == "lambda":
            return ast.Name(self.parameters[node.path[0]], ast.Load())
        return self.names.ref(node)

    def new_placeholder(self) -> str:
        """A name that cannot be written in a flow; it never reaches the output."""
        self.placeholders += 1
        return f"parameter {self.placeholders}"


_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
_TAKEN = frozenset({*dir(builtins), *keyword.kwlist, *SOFT_KEYWORDS, "ctx"})


def choose_name(wanted: str, body: ast.expr, others: Iterable[ast.expr]) -> str:
    """A name for a lambda parameter: the author's, unless Python or the emitted code needs it for something else."""
    taken = {*names_in(body), *(name for other in others for name in free_names(other))}
    base = wanted.lstrip("_")
    if not _IDENTIFIER.fullmatch(base) or "__" in base:
        base = "each"
    if base in _TAKEN:
        base += "_"
    name, number = base, 2
    while name in taken or name in _TAKEN:
        name, number = f"{base.rstrip('_')}_{number}", number + 1
    return name


def names_in(node: ast.expr) -> set[str]:
    """All names that occur in an expression."""
    return {
        inner.id if isinstance(inner, ast.Name) else inner.arg
        for inner in ast.walk(node)
        if isinstance(inner, (ast.Name, ast.arg))
    }


def free_names(node: ast.expr) -> set[str]:
    """The names that an expression does not bind itself."""
    bound = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)}
    bound |= {inner.arg for inner in ast.walk(node) if isinstance(inner, ast.arg)}
    return names_in(node) - bound


def rename(body: ast.expr, old: str, new: str) -> ast.expr:
    """Give a placeholder its name, in place."""
    for inner in ast.walk(body):
        if isinstance(inner, ast.Name) and inner.id == old:
            inner.id = new
    return body
