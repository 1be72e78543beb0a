"""A workflow's graph as plain data, for `/info`, pictures and tools."""

from __future__ import annotations

from typing import Any

from catalyst.graph.model import Body, Step, Workflow, bodies_of


def graph_facts(workflow: Workflow) -> dict[str, Any]:
    """{"nodes": [{"id", "type", "line", "after", "inside"?}]}: every node, what it waits for and what holds it."""
    return {"nodes": _nodes(workflow.body, None)}


def _nodes(body: Body, inside: str | None) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = []
    for step in body.steps:
        nodes.append(_node(step, inside))
        for label, inner in bodies_of(step.form):
            nodes += _nodes(inner, f"{step.id}.{label}")
    return nodes


def _node(step: Step, inside: str | None) -> dict[str, Any]:
    node: dict[str, Any] = {"id": step.id, "type": step.type.name, "after": list(step.after)}
    if inside is not None:
        node["inside"] = inside
    return node
