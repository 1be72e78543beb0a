"""Nodes that read or write one collection of vectors agree on their size and on how they are compared, in whichever
flows of the project they stand, as far as both are known before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from catalyst.diagnostics import Diagnostics, Span
from catalyst.expressions import tree
from catalyst.expressions.types import ListType
from catalyst.graph.model import Step, Workflow, all_steps
from catalyst.nodes.settings import Expr

Steps = Mapping[str, Step]


def check_vectors(workflows: Iterable[Workflow], found: Diagnostics) -> None:
    """Report each node whose vectors are longer or shorter than those of the first one of its collection, or that
    would make the collection in another way."""
    sizes: dict[tuple[str, str], tuple[int, str]] = {}
    distances: dict[tuple[str, str], tuple[str, str]] = {}
    for workflow in workflows:
        steps = {step.id: step for step in all_steps(workflow.body)}
        for step in steps.values():
            collection = _collection(step)
            if collection is None:
                continue
            place = f"`{step.id}` of `{workflow.name}`"
            for size, span in _sizes(step, steps):
                first, where = sizes.setdefault(collection, (size, place))
                if size != first:
                    message = f"the vectors of `{collection[1]}` have {first} numbers in {where}, these have {size}"
                    wish = "give both the same model and `dimensions`, or another collection"
                    found.error("E323", message, span, help=wish)
            if "distance" in step.params.model_fields_set:
                given = getattr(step.params, "distance", "")
                distance, where = distances.setdefault(collection, (given, place))
                if given != distance:
                    message = f"{where} compares the vectors of `{collection[1]}` by `{distance}`, this by `{given}`"
                    found.error("E323", message, step.span, help="give both the same `distance`")


def _collection(step: Step) -> tuple[str, str] | None:
    """Which collection it is: the secret with the server's address, and the name where that is known."""
    if step.type.name not in ("vector_upsert", "vector_search"):
        return None
    name: Expr = getattr(step.params, "collection")  # noqa: B009 - both types have it
    return (getattr(step.params, "connection", ""), str(name.constant)) if name.is_constant else None


def _sizes(step: Step, steps: Steps) -> Iterator[tuple[int, Span]]:
    """How long its vectors are, with their places."""
    points: Any = getattr(step.params, "points", None)
    given = [point.get("vector") for point in points if isinstance(point, dict)] if isinstance(points, list) else []
    given += [getattr(step.params, name, None) for name in ("vector", "vectors")]
    for value in given:
        size = _size(value, step, steps)
        if size is not None:
            place = value.place if isinstance(value, Expr) else None
            yield size, place.span if place is not None else step.span


def _size(value: object, step: Step, steps: Steps) -> int | None:
    """The numbers of a vector, or of each of several: those that stand in the flow, or what an `embedding` gives."""
    if isinstance(value, Expr) and value.is_constant:
        value = value.constant
    if isinstance(value, list):
        return len(value[0]) if value and isinstance(value[0], list) else len(value) or None
    checked = step.checked.get(value) if isinstance(value, Expr) else None
    if checked is None or not checked.template.whole or not isinstance(checked.template.parts[0], tree.Hole):
        return None
    source = steps.get(_source(checked.template.parts[0].expr))
    if source is None or source.type.name != "embedding":
        return None
    size: int | None = getattr(source.params, "size", None)
    return size


def _source(expr: tree.Expr) -> str:
    """The node whose vectors an expression gives as they are; empty where it makes other ones."""
    match expr:
        case tree.Ref(kind="output", path=(id_, *_)):
            return id_
        case tree.Get(value=value) | tree.Index(value=value) | tree.Coalesce(value=value):
            return _source(value)
        case tree.Slice(value=value) if isinstance(expr.type, ListType) and isinstance(expr.type.item, ListType):
            return _source(value)
        case tree.Filter(value=value, name="first" | "last"):
            return _source(value)
    return ""
