"""Nodes that count under one name count the same thing, in whichever flows of the project they stand."""

from __future__ import annotations

from collections.abc import Iterable

from catalyst.diagnostics import Diagnostics, listing
from catalyst.graph.model import Workflow, all_steps
from catalyst.nodes.types.metric import MetricParams


def check_metrics(workflows: Iterable[Workflow], found: Diagnostics) -> None:
    """Report each `metric` node whose kind or labels are not those of the first one of its name."""
    first: dict[str, tuple[MetricParams, str]] = {}
    for workflow in workflows:
        for step in all_steps(workflow.body):
            if not isinstance(step.params, MetricParams):
                continue
            params, place = first.setdefault(step.params.name, (step.params, f"`{step.id}` of `{workflow.name}`"))
            if _shape(params) != _shape(step.params):
                message = f"{place} counts `{params.name}` as {_described(params)}, this is {_described(step.params)}"
                found.error("E322", message, step.span, help="give it the same kind and labels, or a name of its own")


def _shape(params: MetricParams) -> tuple[str, tuple[str, ...]]:
    return params.kind, tuple(params.labels)


def _described(params: MetricParams) -> str:
    return f"a {params.kind} " + (f"with {listing(list(params.labels))}" if params.labels else "without labels")
