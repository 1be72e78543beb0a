"""What the checking functions share: the scope, the findings and the way down the tree.

One `Checker` lives for one template. The functions in `check_*.py` take it as their first argument and ask it to
check what stands below them, so that they need not import each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from catalyst.diagnostics import Diagnostic, Located
from catalyst.expressions.scope import Scope
from catalyst.expressions.tree import Call, Expr, Filter, Literal_, Test
from catalyst.expressions.types import (
    BOOL,
    FLOAT,
    INT,
    NONE,
    ListType,
    StrType,
    Type,
    UnionType,
    describe,
    without_none,
)

PathKey = tuple[str | int, ...]
"""A path as written, such as ("input", "user", "name")."""
Facts = frozenset[PathKey]
"""Paths that are known to lead to a value where an expression stands; behind `DEFINED` those known to exist only."""
DEFINED = "is defined"
NO_FACTS: Facts = frozenset()

RefKey = tuple[str, ...]
"""A reference: its kind and its path."""


@dataclass(slots=True)
class Checker:
    """The state of one check."""

    scope: Scope
    source: Located
    what: str
    dispatch: Callable[[Checker, Expr, Facts, bool], Expr]
    diagnostics: list[Diagnostic] = field(default_factory=list)
    refs: set[RefKey] = field(default_factory=set)
    parameters: dict[str, Type] = field(default_factory=dict)
    """Lambda parameters that are visible now."""

    def check(self, node: Expr, facts: Facts = NO_FACTS, *, soft: bool = False) -> Expr:
        """The checked tree of `node`. With `soft` a path that leads nowhere gives none instead of an error."""
        return self.dispatch(self, node, facts, soft)

    @property
    def error_count(self) -> int:
        """How many errors were found so far."""
        return sum(diagnostic.severity == "error" for diagnostic in self.diagnostics)

    def error(
        self, code: str, message: str, place: Expr | tuple[int, int], help: str | None = None, label: str = ""
    ) -> None:
        """Keep an error at a node, or at a stretch of the scalar."""
        self._add("error", code, message, place, help, label)

    def warn(self, code: str, message: str, place: Expr | tuple[int, int], help: str | None = None) -> None:
        """Keep a warning."""
        self._add("warning", code, message, place, help, "")

    def _add(
        self, severity: str, code: str, message: str, place: Expr | tuple[int, int], help: str | None, label: str
    ) -> None:
        start, end = place if isinstance(place, tuple) else (place.start, place.end)
        excerpt = str(self.source[start:end]).strip()[:80] or None if self.source.offsets is None else None
        kind = "error" if severity == "error" else "warning"
        span = self.source.span_of(start, end)
        diagnostic = Diagnostic(code, "error" if kind == "error" else "warning", message, span, help, label, excerpt)
        if diagnostic not in self.diagnostics:
            self.diagnostics.append(diagnostic)

    def name_place(self, node: Filter | Test | Call) -> tuple[int, int]:
        """Where the name of a filter, test or function stands."""
        if isinstance(node, Call):
            return node.start, node.start + len(node.name)
        pattern = _FILTER_NAME if isinstance(node, Filter) else _TEST_NAME
        match = pattern.match(self.source, node.value.end)
        return (match.start("name"), match.end("name")) if match else (node.start, node.end)


_FILTER_NAME = re.compile(r"[\s)]*\|\s*(?P<name>\w+)")
_TEST_NAME = re.compile(r"[\s)]*\bis\s+(?:not\s+)?(?P<name>\w+)")


def literal_type(value: str | float | bool | None) -> Type:
    """The type of a constant; text is a choice of one."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT
    return FLOAT if isinstance(value, float) else StrType((value,))


def shown(node: Expr) -> str:
    """The type of a checked node for a message; a literal shows its kind."""
    if isinstance(node, Literal_) and isinstance(node.value, str):
        return "string"
    return describe(node.type)


def default_help(type_: Type) -> str:
    """How to handle a value that may be missing, with a fallback that suits the type."""
    fallback = fallback_for(type_, "''")
    return f"add `?? {fallback}`, `| default({fallback})`, or read it under `if ... is not none`"


def fallback_for(type_: Type, text: str) -> str:
    """A fallback of the type, as it is written in a flow; `text` stands for any text."""
    bare = without_none(type_)
    if isinstance(bare, StrType):
        return repr(bare.choices[0]) if bare.choices else text
    if isinstance(bare, ListType):
        return "[]"
    return _FALLBACKS.get(describe(bare), "..." if isinstance(bare, UnionType) else text)


_FALLBACKS = {"integer": "0", "number": "0", "boolean": "false", "object": "{}"}
