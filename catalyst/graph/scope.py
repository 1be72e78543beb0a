"""What a step can see: the nodes around it, whether they have surely run, and the names that bodies bind.

A step has run exactly when one of its atoms is true (see `model.py`). Of two steps A and B it is known that B ran
whenever A did if each atom of A implies one of B.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace

from catalyst.expressions.narrowing import facts_of
from catalyst.expressions.references import holes
from catalyst.expressions.scope import Scope
from catalyst.expressions.types import Type, nullable
from catalyst.graph.model import ALWAYS
from catalyst.nodes.settings import Expr


@dataclass(frozen=True, slots=True)
class Fact:
    """A node that can be read."""

    type: Type
    atoms: frozenset[str]
    handled: bool
    """Whether its `.error` may be read."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is visible in one body while its steps are built in order."""

    base: Scope
    """Input, constants, environment and secrets of the flow."""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    handled: frozenset[str] = frozenset()
    """Those of them whose `.error` may be read."""
    locals: Mapping[str, Type] = field(default_factory=dict)
    known: tuple[frozenset[str], ...] = ()
    """Sets of atoms of which one is true each: the enclosing steps have run."""
    implied: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """For an atom: the atoms of which one is true whenever it is."""
    unreadable: Mapping[str, str] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    """Fields of the input that the conditions around have found to be there."""

    def has_run(self, atoms: frozenset[str], own: frozenset[str] | None = None) -> bool:
        """Whether a node with these atoms has surely run when a step with the atoms `own` runs."""
        holds = (*self.known, own) if own is not None else self.known
        return ALWAYS in atoms or any(self._implies(each, atoms) for each in holds)

    def _implies(self, either: frozenset[str], atoms: frozenset[str]) -> bool:
        return all(atom in atoms or self._reaches(atom, atoms) for atom in either)

    def _reaches(self, atom: str, atoms: frozenset[str]) -> bool:
        further = self.implied.get(atom)
        return further is not None and self._implies(further, atoms)

    def scope(self, own: frozenset[str] | None) -> Scope:
        """The scope of a step with the atoms `own`; with None that of an `if`, which is asked in any case."""
        return replace(
            self.base,
            nodes=_Visible(self, own),
            handled=self.handled,
            failed=_Failed(self, own),
            unreadable=self.unreadable,
            locals=self.locals,
            given=self.given,
        )

    def with_fact(self, id_: str, fact: Fact, implied: Mapping[str, frozenset[str]]) -> Surroundings:
        """The same, with one more node."""
        together = {**self.implied, **implied} if implied else self.implied
        handled = self.handled | {id_} if fact.handled else self.handled
        return replace(self, facts={**self.facts, id_: fact}, handled=handled, implied=together)

    def given_by(self, condition: Expr) -> Surroundings:
        """The same under a condition: fields of the input that it found to be there are not asked for again."""
        if condition.template is None:
            return self
        keys = {key for hole in holes(condition.template) for key in facts_of(hole, True)}
        found = {str(key[1]) for key in keys if len(key) == 2 and key[0] == "input"}
        return replace(self, given=self.given | found) if found else self

    def inside(self, own: frozenset[str], locals: Mapping[str, Type] | None = None) -> Surroundings:
        """What is visible in a body of a step with the atoms `own`."""
        return replace(self, known=(*self.known, own), locals={**self.locals, **(locals or {})})


class _Visible(Mapping[str, Type]):
    """Output types as one step sees them. Found when asked for: a step reads a few of the nodes before it, not all."""

    def __init__(self, around: Surroundings, own: frozenset[str] | None) -> None:
        self._around = around
        self._own = own

    def __getitem__(self, id_: str) -> Type:
        fact = self._around.facts[id_]
        return fact.type if self._around.has_run(fact.atoms, self._own) else nullable(fact.type)

    def __iter__(self) -> Iterator[str]:
        return iter(self._around.facts)

    def __len__(self) -> int:
        return len(self._around.facts)


class _Failed(Container[str]):
    """Nodes that are known to have failed where one step stands; found when asked for, too."""

    def __init__(self, around: Surroundings, own: frozenset[str] | None) -> None:
        self._around = around
        self._own = own

    def __contains__(self, id_: object) -> bool:
        return id_ in self._around.handled and self._around.has_run(frozenset({f"error:{id_}"}), self._own)
