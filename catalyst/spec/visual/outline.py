"""What a workflow of the editor holds: its nodes, the bodies inside them, the edges between them, and their names.

Goes in: the object of one workflow. Comes out: `Group`s, one for the workflow and one for each body, whose nodes have
identifiers. Bodies come in three spellings: an object or array of nodes inside the config, an array of ids of nodes
drawn beside it, and, for loops, a circle of edges that leads back to the loop.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from catalyst.diagnostics import Located, Span, did_you_mean
from catalyst.spec.names import normal_form, usable_name
from catalyst.spec.tree import LocatedList, LocatedMap, key_span_at, located_key, span_at
from catalyst.spec.visual.report import Report, kind_of

NODE_KEYS = [
    "id",
    "type",
    "name",
    "description",
    "position",
    "collapsed",
    "config",
    "timeout",
    "retries",
    "cache",
    "onError",
    "fallbackValue",
    "pinnedData",
    "sharedNode",
    "metadata",
    "size",
    "color",
    "catalyst",
]
EDGE_KEYS = ["id", "source", "target", "sourceHandle", "targetHandle", "condition", "type", "label", "metadata"]
BODY_KEYS = {"loop": "body", "parallel": "children", "retry": "children", "errorHandler": "children"}


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge whose ends exist."""

    source: str
    target: str
    handle: Located | None
    condition: Any
    span: Span


@dataclass(slots=True)
class Group:
    """Nodes that stand beside each other, and the edges between them."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)


@dataclass(slots=True)
class Node:
    """One node of the editor; `id` is its identifier, `key` what the file calls it."""

    key: Located
    id: Located
    type: Located
    raw: LocatedMap
    config: LocatedMap
    body: Group | None = None

    @property
    def span(self) -> Span:
        """The place of the whole node."""
        return self.raw.span

    @property
    def description_text(self) -> Located | None:
        """What a reader is told about the node: its description, else its title when that says more than the id."""
        description, title = self.raw.get("description"), self.raw.get("name")
        if isinstance(description, Located) and description:
            return description
        return title if isinstance(title, Located) and title and title != self.key else None


@dataclass(frozen=True, slots=True)
class Outline:
    """A workflow taken apart; `ids` maps what the file calls a node to its identifier."""

    group: Group
    ids: dict[str, str]


def build_outline(workflow: LocatedMap, shared: LocatedMap, report: Report) -> Outline:
    """Read the nodes and edges of a workflow and report what is wrong with their shape, ids and ends."""
    reader = _Reader(shared, report)
    group = reader.group(workflow, "the workflow")
    return Outline(group, reader.ids)


class _Reader:
    def __init__(self, shared: LocatedMap, report: Report) -> None:
        self.shared = shared
        self.report = report
        self.ids: dict[str, str] = {}
        self.taken: dict[str, Located] = {}

    def group(self, raw: LocatedMap, what: str) -> Group:
        """The nodes and edges of a workflow or of a body that has both keys."""
        nodes = raw.get("nodes")
        entries = self.entries(nodes, raw, what)
        group = Group({str(key): self.node(key, node) for key, node in entries})
        self.drop_refused(group)
        self.attach_bodies(group)
        edges = self.report.list_in(raw, "edges", f"`edges` of {what}")
        group.edges = self.edges(edges, group)
        _circles_into_loops(group)
        _edges_into_bodies(group)
        return group

    def drop_refused(self, group: Group) -> None:
        group.nodes = {key: node for key, node in group.nodes.items() if node.id}

    def entries(self, nodes: Any, raw: LocatedMap, what: str) -> list[tuple[Located, LocatedMap]]:
        """The nodes of an object by id or of an array of objects with ids."""
        if nodes is None:
            return []
        found: list[tuple[Located, LocatedMap]] = []
        if isinstance(nodes, LocatedMap):
            pairs: list[tuple[Any, Any]] = list(nodes.items())
        elif isinstance(nodes, LocatedList):
            pairs = [(node.get("id") if isinstance(node, LocatedMap) else None, node) for node in nodes]
        else:
            span = span_at(raw, ["nodes"], raw.span)
            self.report.error("E153", f"`nodes` of {what} must be an object, not {kind_of(nodes)}", span)
            return []
        for index, (key, node) in enumerate(pairs):
            span = span_at(nodes, [str(key) if isinstance(nodes, LocatedMap) else index], raw.span)
            if not isinstance(node, LocatedMap):
                self.report.error("E153", f"a node must be an object, not {kind_of(node)}", span)
            elif not isinstance(key, Located):
                self.report.error("E153", "this node has no `id`", span)
            else:
                found.append((key, node))
        return found

    def node(self, key: Located, raw: LocatedMap) -> Node:
        """One node; its shared definition lies under what it says itself."""
        raw = self.with_shared(raw)
        self.report.known_keys(raw, NODE_KEYS, f"node `{key}`")
        given = self.report.text_in(raw, "id", f"`id` of node `{key}`")
        if given is not None and given != key:
            self.report.error("E153", f"the node `{key}` says that its id is `{given}`", given.span)
        kind = self.report.text_in(raw, "type", f"`type` of node `{key}`", required=True)
        config = self.report.map_in(raw, "config", f"`config` of node `{key}`")
        name = Located(self.claim(key), key.span, key.offsets if usable_name(key) == key else None)
        return Node(key, name, kind if kind is not None else Located("", raw.span), raw, config)

    def claim(self, key: Located) -> str:
        """The identifier for an id; two that meet are an error, and "" comes out."""
        name = usable_name(key)
        if not name:
            help_text = "use letters, digits and `_`; a title with other characters goes to `name`"
            self.report.error("E159", f"the id `{key}` cannot become an identifier", key.span, help=help_text)
            return ""
        meeting = normal_form(name)
        if meeting in self.taken:
            first = self.taken[meeting]
            message = f"the id `{key}` meets `{first}`: both would become `{name}`"
            help_text = f"the other one is in line {first.span.line}; ids are unique in a workflow, bodies included"
            self.report.error("E159", message, key.span, help=help_text)
            return ""
        self.taken[meeting] = key
        self.ids[str(key)] = name
        return name

    def with_shared(self, raw: LocatedMap) -> LocatedMap:
        """The node laid over the definition that its `sharedNode` names."""
        wanted = raw.get("sharedNode")
        if not isinstance(wanted, Located):
            return raw
        definition = self.shared.get(wanted)
        if not isinstance(definition, LocatedMap):
            label = did_you_mean(wanted, list(self.shared))
            self.report.error("E153", f"there is no shared node `{wanted}`", wanted.span, label=label)
            return raw
        return _overlaid(definition.without("id"), raw)

    def attach_bodies(self, group: Group) -> None:
        """Give containers their bodies; nodes that a container names by id leave the group."""
        for node in list(group.nodes.values()):
            key = BODY_KEYS.get(node.type)
            raw = node.config.get(key) if key is not None else None
            if key is None or raw is None:
                continue
            if isinstance(raw, LocatedList) and all(isinstance(item, str) for item in raw):
                node.body = self.moved(raw, node, group)
            elif isinstance(raw, LocatedMap) and isinstance(raw.get("nodes"), (LocatedMap, LocatedList)):
                node.body = self.group(raw, f"`{key}` of `{node.key}`")
            elif isinstance(raw, (LocatedMap, LocatedList)):
                wrapper = LocatedMap(raw.span)
                wrapper.put(Located("nodes", raw.span), raw, raw.span)
                node.body = self.group(wrapper, f"`{key}` of `{node.key}`")
            else:
                span = span_at(node.config, [key], node.span)
                self.report.error("E153", f"`{key}` of `{node.key}` must hold nodes, not {kind_of(raw)}", span)

    def moved(self, names: LocatedList, owner: Node, group: Group) -> Group:
        """The nodes of the group that a body names by their ids."""
        body = Group()
        for index, name in enumerate(names):
            if isinstance(name, str) and name in group.nodes and name != owner.key:
                body.nodes[str(name)] = group.nodes.pop(str(name))
            else:
                label = did_you_mean(name, list(group.nodes))
                span = names.item_spans[index]
                self.report.error(
                    "E158", f"`{owner.key}` holds `{name}`, which is no node beside it", span, label=label
                )
        return body

    def edges(self, raw: LocatedList, group: Group) -> list[Edge]:
        """The edges whose ends exist; others are reported."""
        found: list[Edge] = []
        inner = _all_nodes(group)
        for index, edge in enumerate(raw):
            if not isinstance(edge, LocatedMap):
                self.report.error("E153", f"an edge must be an object, not {kind_of(edge)}", raw.item_spans[index])
                continue
            self.report.known_keys(edge, EDGE_KEYS, "an edge")
            ends = [self.end(edge, key, inner) for key in ("source", "target")]
            handle = self.report.text_in(edge, "sourceHandle", "`sourceHandle` of an edge")
            if ends[0] is not None and ends[1] is not None:
                found.append(Edge(ends[0], ends[1], handle, edge.get("condition"), edge.span))
        return found + self.target_edges(group, inner)

    def end(self, edge: LocatedMap, key: str, nodes: dict[str, Node]) -> str | None:
        """The node at one end of an edge."""
        name = self.report.text_in(edge, key, f"`{key}` of an edge", required=True)
        if name is None or name in nodes:
            return None if name is None else str(name)
        if name not in self.ids and normal_form(usable_name(name)) not in self.taken:
            label = did_you_mean(name, list(nodes))
            self.report.error("E158", f"there is no node `{name}` for this edge", name.span, label=label)
        return None

    def target_edges(self, group: Group, nodes: dict[str, Node]) -> list[Edge]:
        """Edges that a `condition` states in its config instead of drawing them."""
        found: list[Edge] = []
        for node in list(group.nodes.values()):
            for key, handle in (("trueTarget", "true"), ("falseTarget", "false")):
                target = node.config.get(key) if node.type == "condition" else None
                if isinstance(target, Located) and target:
                    end = self.end(_single(key, target, node.config), key, nodes)
                    if end is not None:
                        found.append(Edge(str(node.key), end, Located(handle, target.span), None, target.span))
        return found


def _single(key: str, value: Located, config: LocatedMap) -> LocatedMap:
    pair = LocatedMap(config.span)
    pair.put(Located(key, key_span_at(config, [key], config.span)), value, value.span)
    return pair


def _overlaid(base: LocatedMap, top: LocatedMap) -> LocatedMap:
    """`top` over `base`, maps merged key by key."""
    merged = LocatedMap(top.span)
    for source in (base, top):
        for key, value in source.items():
            below = merged.get(key)
            both = isinstance(below, LocatedMap) and isinstance(value, LocatedMap)
            entry = _overlaid(below, value) if both and below is not None else value
            merged.put(located_key(key, source.span), entry, source.value_spans.get(key, source.span))
    return merged


def _all_nodes(group: Group) -> dict[str, Node]:
    found: dict[str, Node] = dict(group.nodes)
    for node in group.nodes.values():
        if node.body is not None:
            found |= _all_nodes(node.body)
    return found


def _circles_into_loops(group: Group) -> None:
    """A loop without a body takes the nodes on the way from it back to it."""
    for loop in [node for node in group.nodes.values() if node.type == "loop" and node.body is None]:
        key = str(loop.key)
        members = _reach(group, key, forward=True) & _reach(group, key, forward=False) - {key}
        if members:
            loop.body = Group({name: group.nodes.pop(name) for name in list(group.nodes) if name in members})


def _reach(group: Group, start: str, *, forward: bool) -> set[str]:
    ends: dict[str, list[str]] = {}
    for edge in group.edges:
        here, there = (edge.source, edge.target) if forward else (edge.target, edge.source)
        ends.setdefault(here, []).append(there)
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for name in ends.get(waiting.pop(), ()):
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return seen


def _edges_into_bodies(group: Group) -> None:
    """Edges between nodes of one body belong to it; edges that cross its border belong to the container."""
    owner = {name: str(node.key) for node in group.nodes.values() if node.body for name in _all_nodes(node.body)}
    kept: list[Edge] = []
    for edge in group.edges:
        source, target = owner.get(edge.source, edge.source), owner.get(edge.target, edge.target)
        if source != target:
            inside = edge.source in owner
            kept.append(replace(edge, source=source, target=target, handle=None if inside else edge.handle))
        elif edge.source in owner and edge.target in owner:
            body = group.nodes[source].body
            if body is not None:
                body.edges.append(edge)
        elif group.nodes[source].body is None:
            kept.append(edge)  # from a node to itself: a circle like any other
    group.edges = kept
    for node in group.nodes.values():
        if node.body is not None:
            _edges_into_bodies(node.body)
