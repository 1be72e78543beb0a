"""The nodes of a workflow, or of a body, become nodes of the flow language.

Goes in: a `Group` of the outline. Comes out: the raw `nodes` map, the files that go with it, and which nodes come last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from catalyst.diagnostics import Located, Span, did_you_mean, listing
from catalyst.spec.names import normal_form
from catalyst.spec.tree import LocatedMap, key_span_at, span_at
from catalyst.spec.visual.catalog import (
    ALL_TYPES,
    DRAWN,
    GENERIC,
    HANDLES,
    NOT_YET,
    PLAIN_HANDLES,
    REFUSED,
    REFUSED_HELP,
    TRANSLATIONS,
    TRIED,
)
from catalyst.spec.visual.code import (
    Code,
    as_boolean,
    code,
    expression_code,
    hole,
    locate,
    read_names,
    references,
    renamed,
    strings_of,
    value_code,
)
from catalyst.spec.visual.guards import Arm, Paths, Runs, both, either
from catalyst.spec.visual.order import circle, in_order
from catalyst.spec.visual.outline import Edge, Group, Node
from catalyst.spec.visual.report import At, build, first_line, milliseconds
from catalyst.spec.visual.step import Draft, Source, Step, Surroundings, translated, unwrapped
from catalyst.spec.visual.types_flow import error_kinds, switch_handles

_PASSING = frozenset({"condition", "switch", "errorHandler", "log", "delay", "rateLimit", "validate"})
_STREAMED = frozenset({"streamStart", "streamChunk", "streamEnd", "streamMerge", "streamBuffer"})
"""Types that only decide or wait: what comes after them gets what came in."""

_WITHOUT_OUTPUT = frozenset({"earlyReturn", "log", "delay"}) | _STREAMED


@dataclass(slots=True)
class Translated:
    """What came of a group; `whole` is False when a node had to be left out."""

    nodes: LocatedMap
    files: dict[str, str] = field(default_factory=dict)
    last: list[Located] = field(default_factory=list)
    paths: Paths = field(default_factory=lambda: Paths({}))
    whole: bool = True


Stored = dict[tuple[str, str], list[Source]]
"""Values that nodes keep under a name, see `Step.keep`."""


def translate_group(
    group: Group, around: Surroundings, span: Span, *, keep_order: bool = False, stored: Stored | None = None
) -> Translated:
    """All nodes of a group with their guards, in the order in which they run (or, from YAML, as they stand).

    `stored` is what nodes before a body keep for it; what the body keeps is its own.
    """
    work = _GroupWork(group, around, span, keep_order=keep_order)
    work.stored = {key: list(sources) for key, sources in (stored or {}).items()}
    return work.run()


class _GroupWork:
    def __init__(self, group: Group, around: Surroundings, span: Span, *, keep_order: bool) -> None:
        self.around = around
        self.report = around.report
        self.keep_order = keep_order
        self.nodes: dict[str, Node] = {str(node.id): node for node in group.nodes.values() if self.known(node)}
        self.result = Translated(LocatedMap(span), whole=len(self.nodes) == len(group.nodes))
        self.arms: dict[str, list[Arm]] = {name: [] for name in self.nodes}
        self.extra: dict[str, list[tuple[str, Edge, Arm]]] = {}
        self.made: dict[str, str] = {}
        """Decisions made for edges -> the node that the edge comes from."""
        self.given: dict[str, list[str]] = {}
        """Node -> where its data comes from."""
        self.stored: Stored = {}
        self.taken = {normal_form(name) for name in around.ids.values()}
        kinds = {name: _kind(node) for name, node in self.nodes.items()}
        cases = {name: ["default", *_cases(node)] for name, node in self.nodes.items() if node.type == "switch"}
        self.paths = self.result.paths = Paths(kinds, cases)
        for edge in group.edges:
            self.connect(edge)

    def known(self, node: Node) -> bool:
        """Whether the node's type has a translation; reports why not."""
        kind, what = node.type, f"`{node.key}` is of type `{node.type}`"
        if kind in TRANSLATIONS:
            return True
        if kind in REFUSED:
            self.report.error("E156", f"{what}, which is refused: {REFUSED[kind]}", kind.span, help=REFUSED_HELP)
        elif kind in NOT_YET:
            help_text = f"it would need {NOT_YET[kind]}"
            self.report.error("E155", f"{what}, which has no equivalent yet", kind.span, help=help_text)
        elif kind:
            label = did_you_mean(kind, ALL_TYPES)
            self.report.error("E154", f"{what}, which is not a type of the visual form", kind.span, label=label)
        return False

    def connect(self, edge: Edge) -> None:
        """Note an edge as an arm of its target; a condition on it becomes a node that decides."""
        ids = self.around.ids
        source, target = ids.get(edge.source, ""), ids.get(edge.target, "")
        if source not in self.nodes or target not in self.nodes:
            return
        if is_drawn_only(self.nodes[target]):
            return
        arm = Arm(source, self.handle(self.nodes[source], edge), edge.span)
        if unwrapped(edge.condition) in (None, ""):
            if not any((known.source, known.handle) == (arm.source, arm.handle) for known in self.arms[target]):
                self.arms[target].append(arm)
            return
        name = self.free_name(f"{source}_to_{target}")
        self.extra.setdefault(target, []).append((name, edge, arm))
        self.made[name] = source
        self.arms[target].append(Arm(name, "true", edge.span))

    def free_name(self, wanted: str) -> str:
        """A name that no node has."""
        number, name = 2, wanted
        while normal_form(name) in self.taken:
            name, number = f"{wanted}_{number}", number + 1
        self.taken.add(normal_form(name))
        return name

    def handle(self, node: Node, edge: Edge) -> str:
        """The handle that an edge asks for; "" when it only waits."""
        if edge.handle is None or not edge.handle:
            return ""
        if node.type == "switch":
            known = switch_handles(node.config)
            if edge.handle in known:
                return known[edge.handle]
            names: Iterable[str] = known
        elif _kind(node) in HANDLES:
            names = HANDLES[_kind(node)]
            if edge.handle in names:
                self.check_kinds(node, edge.handle)
                return str(edge.handle)
            if node.body is not None and edge.handle in PLAIN_HANDLES:
                return ""
        else:
            names = ("output",)
            if edge.handle in PLAIN_HANDLES or edge.handle == "success":
                return ""
        label = did_you_mean(edge.handle, names)
        message = f"`{node.key}` ({node.type}) has no handle `{edge.handle}`"
        self.report.error("E158", message, edge.handle.span, help=f"it has: {listing(list(names))}", label=label)
        return ""

    def check_kinds(self, node: Node, handle: Located) -> None:
        """How a `try` ended can be asked only where it takes errors of every kind."""
        if _kind(node) == TRIED and error_kinds(node.config.get("errorTypes")):
            message = f"the handle `{handle}` of `{node.key}` has no equivalent together with `errorTypes`"
            help_text = "take `errorTypes` away, so that every error leads to `error`"
            self.report.error("E158", message, handle.span, help=help_text)

    def run(self) -> Translated:
        """Translate the nodes in the order of their edges."""
        sources = {name: [self.origin(arm) for arm in arms] for name, arms in self.arms.items()}
        leaving = {source for names in sources.values() for source in names}
        last = [name for name in self.nodes if name not in leaving]
        order, stuck = in_order(sources, last)
        if stuck:
            self.report_circle(sources, stuck)
            return self.result
        reads = {name: [*sources[name], *self.reads(name)] for name in self.nodes}
        by_reads, loose = in_order(reads, last)
        order = order if loose else by_reads
        for name in order:
            self.add(name)
        if self.keep_order:
            self.restore_order()
        self.result.last = [self.nodes[name].id for name in order if name in last and self.gives_output(name)]
        return self.result

    def restore_order(self) -> None:
        """The nodes as they stand in the file; made-up ones stay in front of the node that asked for them."""
        done, ordered = self.result.nodes, LocatedMap(self.result.nodes.span)
        for name in self.nodes:
            for key in [*(entry[0] for entry in self.extra.get(name, ())), name]:
                located = next(found for found in done if found == key)
                ordered.put(
                    located if isinstance(located, Located) else Located(key, done.span),
                    done[key],
                    done.value_spans[key],
                )
        self.result.nodes = ordered

    def gives_output(self, name: str) -> bool:
        """Whether a last node's output is the workflow's."""
        node = self.nodes[name]
        kind = str(node.config.get("type")) if node.type == GENERIC else str(node.type)
        return kind not in _WITHOUT_OUTPUT and kind not in ("respond", "raise", "wait", "event")

    def origin(self, arm: Arm) -> str:
        """The drawn node behind an arm."""
        return self.made.get(arm.source, arm.source)

    def reads(self, name: str) -> list[str]:
        """The nodes of this group that the texts of a node seem to read."""
        found: dict[str, None] = {}
        for text in strings_of(self.nodes[name].raw):
            if "nodes" in text:
                found |= read_names(renamed(code(text), self.around.ids))
        return [other for other in found if other in self.nodes and other != name]

    def report_circle(self, sources: dict[str, list[str]], stuck: list[str]) -> None:
        """Name one circle of edges."""
        path = circle(sources, stuck)
        node = self.nodes[path[0]]
        shown = " -> ".join(str(self.nodes[name].key) for name in path)
        help_text = "repeat with a `loop` node, whose body may lead back to it"
        self.report.error("E160", f"the edges go in a circle: {shown}", node.key.span, help=help_text)
        self.result.whole = False

    def add(self, name: str) -> None:
        """Translate one node and the decisions on its edges."""
        for made, edge, arm in self.extra.get(name, ()):
            self.add_decision(made, edge, arm)
        node, arms = self.nodes[name], self.arms[name]
        runs = self.paths.through(arms or [Arm(other) for other in self.reads(name)])
        self.paths.runs[name] = runs
        body = self.body(node)
        sources = self.sources(arms)
        self.given[name] = [source.id for source in sources]
        step = Step(node, sources, self.around, body)
        step.direct = tuple(arm.source for arm in arms)
        step.stored, step.maybe = self.stored, runs is not None
        draft = TRANSLATIONS[node.type](step)
        step.finish()
        keys = self.common(node) | self.overlay(node)
        draft.keys |= keys
        self.result.files |= draft.files
        if node.type == "errorHandler" and node.body is None:
            self.soften(step.direct, step.value("fallback", "fallbackValue"))
        self.put(name, node, draft, arms, runs)

    def put(self, name: str, node: Node, draft: Draft, arms: list[Arm], runs: Runs) -> None:
        """Add the finished node with what guards it."""
        entry: dict[Any, Any] = {"type": At(draft.type, node.type.span)}
        if "type" in draft.keys:
            entry["type"] = draft.keys.pop("type")
        own_if = draft.keys.pop("if", None)
        given_needs = draft.keys.pop("needs", None)
        if draft.with_ is not None and "with" not in draft.keys:
            entry["with"] = draft.with_
        finished = build(entry | draft.keys, node.span)
        guard = self.guard(arms, runs, draft.guard, own_if, finished)
        if guard is not None:
            finished.put(Located("if", guard.span), guard.value, guard.span)
        reads = references(finished)
        needs = [arm for arm in arms if arm.source not in reads]
        self.put_needs(finished, needs, given_needs)
        if own_if is not None and guard is not None:
            self.paths.runs[name] = (
                {(name, ""): expression_code(guard.value)} if isinstance(guard.value, Located) else runs
            )
        if node.description_text is not None and "description" not in finished:
            finished.put(
                Located("description", node.description_text.span), node.description_text, node.description_text.span
            )
        self.result.nodes.put(node.id, _in_reading_order(finished), node.span)

    def put_needs(self, finished: LocatedMap, needs: list[Arm], given: At | None) -> None:
        """The nodes that must finish first although nothing of them is read."""
        known = [given.value] if given is not None and isinstance(given.value, str) else []
        listed = list(given.value) if given is not None and isinstance(given.value, list) else known
        added = [arm for arm in {arm.source: arm for arm in needs}.values() if arm.source not in listed]
        if not added:
            if given is not None:
                finished.put(Located("needs", given.span), given.value, given.span)
            return
        span = added[0].span or finished.span
        items = [*listed, *(At(arm.source, arm.span or span) for arm in added)]
        finished.put(Located("needs", span), build(items, span), span)

    def guard(
        self, arms: list[Arm], runs: Runs, own: Code | None, own_if: At | None, finished: LocatedMap
    ) -> At | None:
        """The `if` of a node: its edges, and its own condition."""
        asked = self.needs_guard(arms, runs, own is not None or own_if is not None, finished)
        if own_if is not None:
            if not asked:
                return own_if
            own = expression_code(own_if.value) if isinstance(own_if.value, Located) else value_code(own_if.value)
        if not asked and own is None:
            return None
        edges = either(runs) if asked else None
        text = own or code("true")
        if edges is not None:
            text = both(edges, own, left_joined=runs is not None and len(runs) > 1) if own is not None else edges
        span = next((arm.span for arm in arms if arm.span is not None), first_line(finished.span))
        if own is not None:
            span = next((piece.origin.span for piece in own if piece.origin is not None), span)
        return At(locate(hole(text), span), span)

    def needs_guard(self, arms: list[Arm], runs: Runs, has_own: bool, finished: LocatedMap) -> bool:
        """Whether "something it waits for ran" says too little about when this node runs."""
        if runs is None or not arms:
            return False
        if has_own or any(arm.handle for arm in arms):
            return True
        for other in references(finished):
            before = self.paths.runs.get(other, {}) if other in self.nodes else {}
            if other in self.nodes and (before is None or not set(before) <= set(runs)):
                return True
        return False

    def add_decision(self, made: str, edge: Edge, arm: Arm) -> None:
        """A `set` node that holds the condition of an edge."""
        raw = edge.condition
        text = unwrapped(raw)
        expression = expression_code(text) if isinstance(text, Located) else value_code(text)
        value = locate(hole(as_boolean(renamed(expression, self.around.ids))), getattr(text, "span", edge.span))
        runs = self.paths.through([arm])
        self.paths.runs[made] = runs
        finished = build({"type": "set", "with": {"value": value}}, edge.span)
        if arm.handle and runs is not None:
            test = locate(hole(either(runs)), edge.span)
            finished.put(Located("if", edge.span), test, edge.span)
        if arm.source not in references(finished):
            finished.put(Located("needs", edge.span), build([arm.source], edge.span), edge.span)
        self.result.nodes.put(Located(made, edge.span), _in_reading_order(finished), edge.span)

    def sources(self, arms: list[Arm]) -> list[Source]:
        """Where the data of a node comes from; nodes that only decide hand on what they got."""
        found: dict[str, None] = {}
        for name in [self.origin(arm) for arm in arms]:
            node = self.nodes[name]
            passes = node.type in _PASSING | _STREAMED and node.body is None
            found.update(dict.fromkeys(self.given.get(name, ()) if passes else (name,)))
        several = len(found) > 1
        return [Source(name, several and self.may_lack_output(name)) for name in found]

    def may_lack_output(self, name: str) -> bool:
        """Whether a node may have no output: skipped, or failed and passed over."""
        return self.paths.maybe(name) or self.nodes[name].raw.get("onError") == "continue"

    def body(self, node: Node) -> LocatedMap | None:
        """The translated nodes inside a node."""
        if node.body is None:
            return None
        inner = translate_group(node.body, self.around, node.span, stored=self.stored)
        self.result.files |= inner.files
        self.result.whole = self.result.whole and inner.whole
        return inner.nodes

    def soften(self, names: tuple[str, ...], fallback: At | None) -> None:
        """A node whose errors are handled behind it does not end the run."""
        for name in names:
            node = self.result.nodes.get(name)
            if isinstance(node, LocatedMap) and "on_error" not in node:
                value = build({"default": fallback}, node.span)
                node.put(Located("on_error", node.span), value, node.span)

    def overlay(self, node: Node) -> dict[str, Any]:
        """Keys of the flow language that the editor has no place for."""
        raw = self.report.map_in(node.raw, "catalyst", f"`catalyst` of node `{node.key}`")
        return {key: At(value, raw.value_spans[key]) for key, value in raw.items() if key != DRAWN}

    def common(self, node: Node) -> dict[str, Any]:
        """`timeout`, `retries`, `cache` and `onError` of a node."""
        raw, keys = node.raw, {}
        what = f"of node `{node.key}`"
        limit = self.report.number_in(raw, "timeout", f"`timeout` {what}")
        if limit:
            keys["timeout"] = At(milliseconds(limit), span_at(raw, ["timeout"], raw.span))
        retries = self.report.number_in(raw, "retries", f"`retries` {what}")
        if retries is not None:
            span = span_at(raw, ["retries"], raw.span)
            keys["retry"] = At({"max_attempts": At(int(retries) + 1, span)}, span)
        cache = self.cache(node)
        if cache is not None:
            keys["cache"] = cache
        way = self.report.choice_in(raw, "onError", ("throw", "continue", "fallback"), f"`onError` {what}")
        if way in ("continue", "fallback"):
            value = raw.get("fallbackValue") if way == "fallback" else None
            span = span_at(raw, ["fallbackValue" if way == "fallback" else "onError"], raw.span)
            keys["on_error"] = At({"default": At(translated(value, self.around.ids), span)}, span)
        return keys

    def cache(self, node: Node) -> At | None:
        """`cache {enabled, ttl s, key}`."""
        raw = self.report.map_in(node.raw, "cache", f"`cache` of node `{node.key}`")
        self.report.known_keys(raw, ("enabled", "ttl", "key"), f"`cache` of node `{node.key}`")
        if not raw or raw.get("enabled") is False:
            return None
        ttl = self.report.number_in(raw, "ttl", f"`ttl` of node `{node.key}`")
        span = span_at(raw, ["ttl"], raw.span)
        keys: dict[str, Any] = {"ttl": At(milliseconds((ttl if ttl is not None else 3600) * 1000), span)}
        if raw.get("key") is not None:
            keys["key"] = At(translated(raw["key"], self.around.ids), key_span_at(raw, ["key"], span))
        return At(keys, raw.span)


def is_drawn_only(node: Node) -> bool:
    """Whether the edges into a node are only drawn, because its own `if` and `needs` say when it runs."""
    own = node.raw.get("catalyst")
    return isinstance(own, LocatedMap) and own.get(DRAWN) is True


def _kind(node: Node) -> str:
    """The type of a node, as far as its handles are concerned."""
    return TRIED if node.type == "errorHandler" and node.body is not None else str(node.type)


def _cases(node: Node) -> list[str]:
    return sorted({name for name in switch_handles(node.config).values() if name != "default"})


_READING_ORDER = ("type", "description", "if", "needs")
_LAST_KEYS = ("timeout", "retry", "on_error", "cache", "output")


def _in_reading_order(node: LocatedMap) -> LocatedMap:
    """What a reader looks for first stands first; bodies and settings before time limits."""
    middle = [key for key in node if key not in _READING_ORDER and key not in _LAST_KEYS]
    ordered = LocatedMap(node.span)
    for key in [*_READING_ORDER, *middle, *_LAST_KEYS]:
        if key in node:
            located = next(found for found in node if found == key)
            ordered.put(
                located if isinstance(located, Located) else Located(key, node.span), node[key], node.value_spans[key]
            )
    return ordered
