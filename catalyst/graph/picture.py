"""A workflow as boxes and arrows, for pictures in any format.

Goes in: the graph. Comes out: frozen boxes, groups inside boxes, and edges. An edge is `data` when the target reads
what the source gave, and `order` when it only waits for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from catalyst.graph.model import (
    Body,
    CatchForm,
    CheckedMap,
    Goto,
    LoopForm,
    MapForm,
    Step,
    SwitchForm,
    TryForm,
    Workflow,
    all_steps,
    bodies_of,
)
from catalyst.nodes.settings import Expr

EdgeKind = Literal["data", "order", "error"]
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow from one box of a body to another one of it."""

    source: str
    target: str
    kind: EdgeKind
    label: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A node: its id, its type, a note such as its condition, and the bodies inside it."""

    id: str
    type: str
    note: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The nodes of one body."""

    id: str
    label: str
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]


def picture_of(workflow: Workflow) -> Group:
    """The whole workflow as one group."""
    return _group(workflow.body, workflow.name, workflow.name)


def edges_of(group: Group) -> Iterator[Edge]:
    """All edges of a group and of those inside it."""
    yield from group.edges
    for box in group.boxes:
        for inner in box.groups:
            yield from edges_of(inner)


def condition_text(condition: Expr | None, limit: int = _LONGEST) -> str:
    """A condition as the flow writes it, without braces, cut when it is long."""
    if condition is None:
        return ""
    written = json.dumps(condition.constant, ensure_ascii=False) if condition.text is None else str(condition.text)
    text = " ".join(written.split())
    if text.startswith("{{") and text.endswith("}}") and text.count("{{") == 1:
        text = text[2:-2].strip()
    return text if len(text) <= limit else text[: limit - 3] + "..."


def read_nodes(step: Step) -> frozenset[str]:
    """Ids of the nodes whose output, status or error the step or a step inside it reads."""
    found = _in(step.checked)
    for _, body in bodies_of(step.form):
        found |= _in(body.checked)
        for inner in all_steps(body):
            found |= _in(inner.checked)
            for _, deeper in bodies_of(inner.form):
                found |= _in(deeper.checked)
    return frozenset(found)


def _in(checked: CheckedMap) -> set[str]:
    keys = {key for each in checked.values() for key in each.refs}
    return {key[1] for key in keys if key[0] in ("output", "status", "error") and len(key) > 1}


def _group(body: Body, id_: str, label: str) -> Group:
    own = {step.id for step in body.steps}
    boxes = tuple(_box(step, id_, own) for step in body.steps)
    edges = tuple(edge for step in body.steps for edge in _edges(step, own))
    return Group(id_, label, boxes, edges)


def _edges(step: Step, own: set[str]) -> Iterator[Edge]:
    reads = read_nodes(step)
    label = f"if {condition_text(step.condition)}" if step.condition is not None else ""
    for source in step.after:
        if source in own:
            yield Edge(source, step.id, "data" if source in reads else "order", label)
    if isinstance(step.policy.on_error, Goto) and step.policy.on_error.target in own:
        yield Edge(step.id, step.policy.on_error.target, "error", "on error")


def _box(step: Step, around: str, own: set[str]) -> Box:
    groups = tuple(
        _group(body, f"{around}.{step.id}.{number}", label)
        for number, (label, (_, body)) in enumerate(zip(group_labels(step), bodies_of(step.form), strict=True))
    )
    lonely = step.condition is not None and not any(source in own for source in step.after)
    return Box(step.id, step.type.name, f"if {condition_text(step.condition)}" if lonely else "", groups)


def group_labels(step: Step) -> list[str]:
    """What to write over each body inside a step, in the order of `bodies_of`."""
    match step.form:
        case SwitchForm(cases, default):
            labels = [f"when {condition_text(when)}" for when, _ in cases]
            return [*labels, "otherwise"] if default is not None else labels
        case MapForm(over=over, item=item, concurrency=concurrency):
            beside = f", {concurrency} at a time" if concurrency > 1 else ""
            return [f"for each {item} of {condition_text(over)}{beside}"]
        case LoopForm(while_=while_, until=until):
            rule = f"while {condition_text(while_)}" if while_ is not None else f"until {condition_text(until)}"
            return [rule if while_ is not None or until is not None else "again"]
        case TryForm(_, catches, finally_):
            labels = ["try", *(_catch_label(catch) for catch in catches)]
            return [*labels, "finally"] if finally_ is not None else labels
        case _:
            return [label for label, _ in bodies_of(step.form)]


def _catch_label(catch: CatchForm) -> str:
    return f"catch {', '.join(catch.errors) or 'anything'} as {catch.name}"


def as_data(workflow: Workflow) -> dict[str, Any]:
    """The picture as JSON data: nodes (with what holds them) and edges."""
    whole = picture_of(workflow)
    edges = [
        {"source": edge.source, "target": edge.target, "kind": edge.kind}
        | ({"label": edge.label} if edge.label else {})
        for edge in edges_of(whole)
    ]
    return {"name": workflow.name, "nodes": list(_node_data(whole, None)), "edges": edges}


def _node_data(group: Group, inside: dict[str, str] | None) -> Iterator[dict[str, Any]]:
    for box in group.boxes:
        note = {"note": box.note} if box.note else {}
        yield {"id": box.id, "type": box.type, **note} | ({"inside": inside} if inside is not None else {})
        for inner in box.groups:
            yield from _node_data(inner, {"node": box.id, "body": inner.label})
