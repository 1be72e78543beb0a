"""What an expression can see from where it stands.

A frozen value that the graph pass makes for each place; the checker resolves names in it.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from catalyst.expressions.types import ObjectType, Type

EMPTY_OBJECT = ObjectType(fields=())
ROOTS = ("input", "nodes", "env", "secrets", "vars", "execution")
"""Names that always mean the same; no body and no lambda may take one of them."""
RESERVED = (*ROOTS, "inputs", "global", "loop")


def _nothing() -> Mapping[str, Type]:
    return MappingProxyType({})


def _no_help() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Scope:
    """The names of one place.

    `nodes` are the outputs that can be read, nullable where a node may have been skipped. `handled` are the ids whose
    `.status` and `.error` may be read, `failed` those of them that are known to have failed. `unreadable` are known ids
    that cannot be read from here, with what to do about it. `locals` are the names a body binds (`item`, `index`,
    `err`); a local named `loop` is an object whose fields are reached as `loop.index` and `loop.state.n`.
    """

    input: ObjectType = EMPTY_OBJECT
    nodes: Mapping[str, Type] = field(default_factory=_nothing)
    handled: frozenset[str] = frozenset()
    failed: Container[str] = frozenset()
    unreadable: Mapping[str, str] = field(default_factory=_no_help)
    vars: ObjectType = EMPTY_OBJECT
    env: ObjectType = EMPTY_OBJECT
    secrets: frozenset[str] = frozenset()
    locals: Mapping[str, Type] = field(default_factory=_nothing)
    given: frozenset[str] = frozenset()
    """Fields of the input that a condition around the place found to be there, although they may be left out."""

    def with_locals(self, **types: Type) -> Scope:
        """The same scope with more names bound."""
        return replace(self, locals={**self.locals, **types})
