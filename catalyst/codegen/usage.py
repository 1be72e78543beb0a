"""Who reads what: so that a variable is written only when something needs it.

Goes in: a workflow. Comes out: for each node the steps that read its output, its error, or whether it ran or answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from catalyst.expressions.check import Checked
from catalyst.graph.model import (
    ALWAYS,
    Body,
    CheckedMap,
    Goto,
    LoopForm,
    Step,
    TryForm,
    Workflow,
    all_steps,
    bodies_of,
)

OUTSIDE = "<output>"
"""Reads for the value of a body or for the flow's output."""


@dataclass(slots=True)
class Usage:
    """For each node id: the ids of the steps (or OUTSIDE) that read it."""

    outputs: dict[str, set[str]] = field(default_factory=dict)
    errors: dict[str, set[str]] = field(default_factory=dict)
    statuses: dict[str, set[str]] = field(default_factory=dict)
    ran: dict[str, set[str]] = field(default_factory=dict)
    answered: dict[str, set[str]] = field(default_factory=dict)

    def readers_of(self, kind: str, id_: str) -> set[str]:
        """Those who read one thing of a node: its output, error, or whether it ran."""
        tables = {
            "output": (self.outputs, self.ran),
            "error": (self.errors, self.statuses),
            "ran": (self.ran, self.statuses),
        }
        return set().union(*(table.get(id_, set()) for table in tables[kind]))

    def readers(self, id_: str) -> set[str]:
        """Everybody who reads anything of a node."""
        tables = (self.outputs, self.errors, self.statuses, self.ran, self.answered)
        return set().union(*(table.get(id_, set()) for table in tables))


def find_usage(workflow: Workflow) -> Usage:
    """The usage of all nodes of a workflow."""
    usage = Usage()
    _add_checked(usage, workflow.output_checked, OUTSIDE)
    if workflow.output is None and workflow.body.last is not None and not workflow.body.ends:
        _add(usage.outputs, workflow.body.last, OUTSIDE)
    for body in _all_bodies(workflow.body):
        _add_checked(usage, body.checked, OUTSIDE)
    for body in _bodies_with_value(workflow.body):
        if body.value is None and body.last is not None and not body.ends:
            _add(usage.outputs, body.last, OUTSIDE)
    for step in all_steps(workflow.body):
        _add_step(usage, step)
    return usage


def _all_bodies(body: Body) -> Iterator[Body]:
    yield body
    for step in body.steps:
        for _, inner in bodies_of(step.form):
            yield from _all_bodies(inner)


def _bodies_with_value(body: Body) -> Iterator[Body]:
    """All bodies inside whose value somebody takes; a round gives a state instead, and `finally` gives nothing."""
    for step in all_steps(body):
        if isinstance(step.form, LoopForm):
            continue
        finally_ = step.form.finally_ if isinstance(step.form, TryForm) else None
        yield from (inner for _, inner in bodies_of(step.form) if inner is not finally_)


def _add_step(usage: Usage, step: Step) -> None:
    _add_checked(usage, step.checked, step.id)
    for atom in step.atoms - {ALWAYS, step.id}:
        kind, _, id_ = atom.rpartition(":")
        _add(usage.errors if kind == "error" else usage.ran, id_, step.id)
    for id_ in step.goto_from:
        _add(usage.errors, id_, step.id)
    for id_ in step.gates:
        _add(usage.answered, id_, step.id)
    if isinstance(step.policy.on_error, Goto):
        _add(usage.errors, step.id, step.policy.on_error.target)


def _add_checked(usage: Usage, checked: CheckedMap, reader: str) -> None:
    tables = {"output": usage.outputs, "error": usage.errors, "status": usage.statuses}
    for kind, id_ in _refs(checked.values()):
        if kind in tables:
            _add(tables[kind], id_, reader)


def _refs(checked: Iterable[Checked]) -> Iterator[tuple[str, str]]:
    for each in checked:
        for ref in sorted(each.refs):
            if len(ref) > 1:
                yield ref[0], ref[1]


def _add(table: dict[str, set[str]], id_: str, reader: str) -> None:
    table.setdefault(id_, set()).add(reader)


def ids_inside(steps: Iterable[Step]) -> set[str]:
    """The ids of steps and of everything inside them."""
    ids: set[str] = set()
    for step in steps:
        ids.add(step.id)
        for _, body in bodies_of(step.form):
            ids |= ids_inside(body.steps)
    return ids
