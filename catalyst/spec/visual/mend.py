"""Make a visual document say what its YAML says.

The document is read back and compared with the YAML, node by node and key by key. What differs was changed in the YAML
since the document was made; it is written again, each round in a safer way, until the reading gives the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from catalyst.spec.names import usable_name
from catalyst.spec.tree import plain
from catalyst.spec.visual.from_flow import VERBATIM, VERBATIM_KEYS, Keys, node_of
from catalyst.spec.visual.load import load_visual
from catalyst.spec.visual.patch import same

_EDITOR_KEYS = ("position", "collapsed", "pinnedData", "metadata", "size", "color")
_SOURCES = {"triggers": "trigger", "input": "input", "output": "output", "description": "description"}
Trees = Mapping[str, dict[str, Any]]


@dataclass(slots=True)
class _State:
    """How each workflow is written so far: the level of nodes written anew, and the keys kept verbatim."""

    levels: dict[tuple[str, str], int] = field(default_factory=dict)
    keys: dict[str, set[str]] = field(default_factory=dict)
    ordered: set[str] = field(default_factory=set)
    bare: bool = False


def mended(base: dict[str, Any], patched: dict[str, Any], wanted: Trees, keys: Mapping[str, Keys]) -> dict[str, Any]:
    """The patched document where it is read as the flows in `wanted`, and written anew where it is not."""
    state = _State()
    bare = _with_editor_keys(base, patched)
    rounds = 4 + 2 * max((len(tree.get("nodes") or {}) for tree in wanted.values()), default=0)
    document = patched
    for _ in range(rounds):
        document = _rewritten(bare if state.bare else patched, base, wanted, keys, state)
        if not _note_differences(document, wanted, state):
            break
    return document


def _with_editor_keys(base: dict[str, Any], patched: dict[str, Any]) -> dict[str, Any]:
    """The natural document with the positions and the like of another one."""
    document = deepcopy(base)
    others = patched.get("workflows")
    for key, workflow in document["workflows"].items():
        other = others.get(key) if isinstance(others, dict) else None
        nodes = other.get("nodes") if isinstance(other, dict) else None
        for name, node in workflow["nodes"].items():
            old = nodes.get(name) if isinstance(nodes, dict) else None
            if isinstance(old, dict):
                node |= {part: old[part] for part in _EDITOR_KEYS if part in old}
    return document


def _note_differences(document: dict[str, Any], wanted: Trees, state: _State) -> bool:
    """Read the document back; whether something has to be written in a safer way."""
    loaded = load_visual(json.dumps(document), "flow.json")
    trees = {flow.key: plain(flow.tree) for flow in loaded.flows}
    if loaded.has_errors or set(trees) != set(wanted):
        return _escalate_all(wanted, state)
    changed = False
    for key, tree in wanted.items():
        changed |= _note_top_level(key, tree, trees[key], state)
        changed |= _note_nodes(key, _nodes(tree), _nodes(trees[key]), state)
    return changed


def _escalate_all(wanted: Trees, state: _State) -> bool:
    """The document cannot even be read: forget what the editor added, then take every node verbatim."""
    if not state.bare:
        state.bare = True
        return True
    names = [(key, name) for key, tree in wanted.items() for name in _nodes(tree)]
    before = dict(state.levels), {key: set(value) for key, value in state.keys.items()}
    state.levels.update(dict.fromkeys(names, VERBATIM))
    for key, tree in wanted.items():
        state.keys.setdefault(key, set()).update({*tree, *_ALL_KEYS} - {"nodes", "catalyst"})
    return (state.levels, state.keys) != before


_ALL_KEYS = frozenset(["name", "description", "triggers", "input", "output", "vars", "secrets", "defaults", "settings"])


def _note_top_level(key: str, tree: dict[str, Any], read: dict[str, Any], state: _State) -> bool:
    known = state.keys.setdefault(key, set())
    differing = {
        name
        for name in {*tree, *read} - {"nodes", "catalyst"}
        if not same(_value(tree, name), _value(read, name)) and not (name == "name" and name not in tree)
    }
    new = differing - known
    known |= new
    return bool(new)


def _value(tree: dict[str, Any], name: str) -> Any:
    value = tree.get(name)
    # An empty section says as much as none; only an empty list of triggers says more.
    return None if value in ({}, []) and name != "triggers" else value


def _note_nodes(key: str, wanted: dict[str, Any], read: dict[str, Any], state: _State) -> bool:
    changed = False
    for name, node in wanted.items():
        level = state.levels.get((key, name), 0)
        if (name not in read or not same(node, read[name])) and level < VERBATIM:
            state.levels[(key, name)] = level + 1
            changed = True
    if key not in state.ordered and not changed and list(wanted) != list(read):
        state.ordered.add(key)
        changed = True
    return changed


def _nodes(tree: Mapping[str, Any]) -> dict[str, Any]:
    nodes = tree.get("nodes")
    return nodes if isinstance(nodes, dict) else {}


def _rewritten(
    start: dict[str, Any], base: dict[str, Any], wanted: Trees, keys: Mapping[str, Keys], state: _State
) -> dict[str, Any]:
    """The document with everything that `state` names written from the YAML."""
    document = deepcopy(start)
    workflows = document.setdefault("workflows", {})
    if not isinstance(workflows, dict):
        document["workflows"] = workflows = {}
    for key in [key for key in workflows if key not in wanted]:
        del workflows[key]
    for key, tree in wanted.items():
        if not isinstance(workflows.get(key), dict):
            workflows[key] = deepcopy(base["workflows"][key])
        _rewrite_nodes(workflows[key], key, tree, keys[key], state)
        _rewrite_top_level(workflows[key], tree, state.keys.get(key, set()))
        if key in state.ordered:
            _reorder(workflows[key], tree)
    return document


def _rewrite_nodes(workflow: dict[str, Any], key: str, tree: dict[str, Any], keys: Keys, state: _State) -> None:
    nodes = workflow.get("nodes")
    if not isinstance(nodes, dict):
        return
    again = {name: level for (flow, name), level in state.levels.items() if flow == key}
    for name, level in again.items():
        old = nodes.get(keys.node(name))
        kept = {part: old[part] for part in _EDITOR_KEYS if part in old} if isinstance(old, dict) else {}
        made = node_of(name, _nodes(tree)[name], max(level, VERBATIM_KEYS), keys)
        nodes[keys.node(name)] = made | ({"position": {"x": 0, "y": 0}} | kept)
    if not again:
        return
    targets = {keys.node(name) for name in again}
    gone = _drop_unknown(nodes, tree)
    edges = workflow.get("edges")
    if isinstance(edges, list):
        kept_edges = [edge for edge in edges if not _touches(edge, gone)]
        workflow["edges"] = [_without_handle(edge) if edge.get("source") in targets else edge for edge in kept_edges]


def _without_handle(edge: dict[str, Any]) -> dict[str, Any]:
    """A node written anew may have lost its handles; who needed one is written anew in the next round."""
    return {key: value for key, value in edge.items() if key != "sourceHandle"}


def _drop_unknown(nodes: dict[str, Any], tree: dict[str, Any]) -> set[str]:
    """Take out the nodes that no longer become one of the flow's (those inside bodies live in their containers)."""
    known = set(_nodes(tree))
    gone = {key for key in nodes if usable_name(key) not in known}
    for key in gone:
        del nodes[key]
    return gone


def _touches(edge: Any, gone: set[str]) -> bool:
    return not isinstance(edge, dict) or edge.get("target") in gone or edge.get("source") in gone


def _rewrite_top_level(workflow: dict[str, Any], tree: dict[str, Any], names: set[str]) -> None:
    if not names:
        return
    own = workflow.get("catalyst")
    workflow["catalyst"] = own if isinstance(own, dict) else {}
    for name in sorted(names):
        if name in tree:
            workflow["catalyst"][name] = tree[name]
        else:
            workflow["catalyst"].pop(name, None)
            workflow.pop(_SOURCES.get(name, ""), None)
            if name in ("vars", "secrets", "settings", "defaults", "input"):
                workflow["catalyst"][name] = {}
            if name == "description":
                workflow.pop("name", None)


def _reorder(workflow: dict[str, Any], tree: dict[str, Any]) -> None:
    """From now on the order of the nodes is that of the file."""
    own = workflow.get("catalyst")
    workflow["catalyst"] = own if isinstance(own, dict) else {}
    nodes = workflow.get("nodes")
    if isinstance(nodes, dict):
        by_name = {usable_name(key): key for key in nodes}
        order = [by_name[name] for name in _nodes(tree) if name in by_name]
        workflow["nodes"] = {key: nodes[key] for key in [*order, *(key for key in nodes if key not in order)]}
