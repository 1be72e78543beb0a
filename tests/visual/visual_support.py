"""Small visual documents, and what they become."""

import json
from typing import Any

from catalyst.diagnostics import Located
from catalyst.expressions.parse import parse_template
from catalyst.spec.flow import flow_from_tree
from catalyst.spec.visual.code import strings_of
from catalyst.spec.visual.load import VisualLoaded, load_visual
from catalyst.spec.visual.patch import plain


def node(kind: str, config: dict[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    return {"type": kind, "config": config or {}, **keys}


def edge(source: str, target: str, handle: str | None = None, **keys: Any) -> dict[str, Any]:
    return {"source": source, "target": target, **({"sourceHandle": handle} if handle else {}), **keys}


def document(nodes: dict[str, Any], edges: list[dict[str, Any]] | None = None, **workflow: Any) -> dict[str, Any]:
    return {"workflows": {"main": {"nodes": nodes, "edges": edges or [], **workflow}}}


def load(raw: dict[str, Any]) -> VisualLoaded:
    return load_visual(json.dumps(raw, indent=1), "flow.json")


def tree_of(nodes: dict[str, Any], edges: list[dict[str, Any]] | None = None, **workflow: Any) -> dict[str, Any]:
    """The flow of a document that must be right, and that the rest of the compiler must be able to read."""
    return only_tree(load(document(nodes, edges, **workflow)))


def only_tree(loaded: VisualLoaded) -> dict[str, Any]:
    assert [item.message for item in loaded.diagnostics] == []
    for flow in loaded.flows:
        check_readable(flow.tree)
    (flow,) = loaded.flows
    return plain(flow.tree)


def check_readable(tree: Any) -> None:
    read = flow_from_tree(tree, "flow.json")
    assert [item.message for item in read.diagnostics] == []
    for text in strings_of(tree):
        assert isinstance(text, Located)
        assert [item.message for item in parse_template(text).diagnostics] == [], text


def nodes_of(nodes: dict[str, Any], edges: list[dict[str, Any]] | None = None, **workflow: Any) -> dict[str, Any]:
    return tree_of(nodes, edges, **workflow)["nodes"]


def one(kind: str, config: dict[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    """What one node alone becomes."""
    return nodes_of({"x": node(kind, config, **keys)})["x"]


def problems(raw: dict[str, Any]) -> list[tuple[str, str]]:
    return [(item.code, item.message) for item in load(raw).diagnostics]


def problems_of(nodes: dict[str, Any], edges: list[dict[str, Any]] | None = None, **workflow: Any) -> list[str]:
    return [item.code for item in load(document(nodes, edges, **workflow)).diagnostics]
