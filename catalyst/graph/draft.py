"""First pass over the nodes: settings read, bodies opened, references found. Nothing has a type yet.

Goes in: `NodeSpec`s. Comes out: `Draft`s that know what they read, so that the next pass can put them in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalyst.diagnostics import Diagnostics, Located, Span, did_you_mean, listing
from catalyst.expressions.parse import has_holes
from catalyst.expressions.references import node_references
from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import ANY
from catalyst.nodes.base import NodeType
from catalyst.nodes.catalog import find_node_type, node_type_names
from catalyst.nodes.partial import partial_settings
from catalyst.nodes.settings import Expr, Params, Shape, bodies_in, expressions_in, make_expr, make_shape, unread_holes
from catalyst.spec.flow import body_output, parse_body
from catalyst.spec.model import COMMON_KEYS, NodeSpec, NoType
from catalyst.spec.tree import LocatedMap, located_key, span_at
from catalyst.spec.validate import find_problems

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A node before its types are known. `params` is None where its settings are wrong."""

    id: str
    span: Span
    spec: NodeSpec
    type: NodeType[Any] | None
    params: Params | None
    partial: Params | None
    """What is right of the settings, for what is inside them; the same as `params` where all of them are."""
    settings: LocatedMap
    """All settings as written, those under `with` and those beside it."""
    condition: Expr | None
    fallback: Shape | None
    cache_key: Shape | None
    expressions: tuple[tuple[str, Expr], ...]
    bodies: Mapping[Path, DraftBody]
    reads: tuple[str, ...]
    """Nodes that are read or needed here or inside, but for those that are inside."""


@dataclass(frozen=True, slots=True, eq=False)
class DraftBody:
    """The nodes of the flow or of a control node."""

    drafts: tuple[Draft, ...]
    output: Shape | None
    span: Span

    def ids(self) -> Iterator[str]:
        """The ids in here, and in what is inside."""
        for draft in self.drafts:
            yield draft.id
            for body in draft.bodies.values():
                yield from body.ids()


class Drafter:
    """Makes drafts; keeps the findings and every id of the flow."""

    def __init__(self, filename: str, found: Diagnostics) -> None:
        self.filename = filename
        self.found = found
        self.seen: dict[str, Span] = {}

    def body(self, nodes: Mapping[str, NodeSpec], output: object, span: Span) -> DraftBody:
        """The drafts of some nodes."""
        drafts = tuple(self._draft(id_, spec) for id_, spec in nodes.items())
        shape = make_shape(output, Sink.VALUE) if output is not None else None
        self._report_syntax(expressions_in(shape))
        return DraftBody(drafts, shape, span)

    def _draft(self, id_: str, spec: NodeSpec) -> Draft:
        span = spec.id.span
        self._report_twice(id_, span)
        node_type = self._type(spec)
        settings = self._settings(spec, node_type)
        params, partial = self._params(node_type, settings, id_)
        bodies = {path: self._inner(raw.nodes, settings) for path, raw in bodies_in(partial)}
        condition = make_expr(spec.if_, ANY, Sink.CONDITION) if spec.if_ is not None else None
        fallback = self._fallback(spec)
        cache_key = make_shape(spec.cache.key, Sink.CACHE_KEY) if spec.cache and spec.cache.key is not None else None
        own = [("if", condition)] if condition is not None else []
        own += [*expressions_in(fallback, "on_error"), *expressions_in(cache_key, "key")]
        expressions = (*own, *expressions_in(partial))
        self._report_syntax(expressions)
        reads = _reads(expressions, spec, bodies)
        return Draft(
            id_,
            span,
            spec,
            node_type,
            params,
            partial,
            settings,
            condition,
            fallback,
            cache_key,
            expressions,
            bodies,
            reads,
        )

    def _report_twice(self, id_: str, span: Span) -> None:
        if id_ in self.seen:
            first = self.seen[id_]
            message = f"two nodes are called `{id_}`; the other one is in line {first.line}"
            self.found.error("E260", message, span, help="ids are unique in the whole flow, also inside bodies")
        self.seen.setdefault(id_, span)

    def _type(self, spec: NodeSpec) -> NodeType[Any] | None:
        if isinstance(spec.type, NoType):
            return None
        node_type = find_node_type(spec.type)
        if node_type is None:
            names = node_type_names()
            message = f"there is no node type `{spec.type}`"
            label = did_you_mean(spec.type, names)
            self.found.error("E261", message, spec.type.span, label=label, help=f"node types: {listing(names, 40)}")
        return node_type

    def _settings(self, spec: NodeSpec, node_type: NodeType[Any] | None) -> LocatedMap:
        """What is under `with` and what stands beside it, in one map; reports what stands in the wrong place."""
        merged = LocatedMap(spec.span)
        under = spec.with_ if spec.with_ is not None else LocatedMap(spec.span)
        if node_type is None:
            return merged
        if node_type.whole_with is not None:
            if spec.with_ is not None:
                merged.put(Located("with", spec.span), under, under.span)
        else:
            self._put(merged, under, node_type, spec, beside=False)
        self._put(merged, spec.extra, node_type, spec, beside=True)
        return merged

    def _put(
        self, merged: LocatedMap, given: LocatedMap, node_type: NodeType[Any], spec: NodeSpec, *, beside: bool
    ) -> None:
        known = {info.alias or name for name, info in node_type.params.model_fields.items()}
        right = node_type.beside if beside else known - node_type.beside
        for key, value in given.items():
            if key in right or (key not in known and not beside):
                merged.put(located_key(key, given.span), value, given.value_spans.get(key, given.span))
                continue
            where = located_key(key, given.span).span
            if key in known:
                place = "under `with`" if beside else "beside `type`"
                self.found.error("E420", f"`{key}` of `{spec.type}` stands {place}", where, help=f"move it {place}")
                if key not in merged:  # read it all the same: it is not missing, and may have mistakes of its own
                    merged.put(located_key(key, given.span), value, given.value_spans.get(key, given.span))
            else:
                choices = sorted({*COMMON_KEYS, *node_type.beside})
                label = did_you_mean(key, choices)
                message = f"unknown key `{key}` of node `{spec.id}`"
                self.found.error(
                    "E140", message, where, label=label, help=f"a `{spec.type}` node has: {listing(choices, 40)}"
                )

    def _params(
        self, node_type: NodeType[Any] | None, settings: LocatedMap, id_: str
    ) -> tuple[Params | None, Params | None]:
        """The settings when they are right, and as far as they are right."""
        if node_type is None:
            return None, None
        params, problems = find_problems(node_type.params, settings, filename=self.filename, what=f"node `{id_}`")
        self.found.extend(problem for _, problem in problems)
        some = params or partial_settings(node_type.params, settings, [place for place, _ in problems])
        self._report_unread(some, settings, id_)
        return params, some

    def _report_unread(self, params: Params | None, settings: LocatedMap, id_: str) -> None:
        """`{{ }}` where a setting is plain text would stay in the code letter by letter."""
        for path in unread_holes(params):
            is_key = has_holes(str(path[-1]))
            shown = ".".join(str(item) for item in path if not has_holes(str(item))) or "with"
            message = f"a key of `{shown}`" if is_key else f"`{shown}`"
            message += f" of node `{id_}` cannot hold expressions: it is needed when the flow is built"
            self.found.error("E144", message, span_at(settings, path, settings.span), help="write a plain value")

    def _inner(self, raw: Mapping[str, Any], settings: LocatedMap) -> DraftBody:
        nodes, problems = parse_body(raw, self.filename)
        self.found.extend(problems)
        span = raw.span if isinstance(raw, LocatedMap) else settings.span
        return self.body(nodes, body_output(raw), span)

    def _fallback(self, spec: NodeSpec) -> Shape | None:
        if spec.on_error is None or spec.on_error.action != "default":
            return None
        return make_shape(spec.on_error.default)

    def _report_syntax(self, expressions: Any) -> None:
        for _, expr in expressions:
            self.found.extend(expr.problems)


def _reads(expressions: Any, spec: NodeSpec, bodies: Mapping[Path, DraftBody]) -> tuple[str, ...]:
    found: dict[str, None] = dict.fromkeys(str(id_) for id_ in spec.needs)
    for _, expr in expressions:
        if expr.template is not None:
            found.update(dict.fromkeys(node_references(expr.template)))
    inside = {id_ for body in bodies.values() for id_ in body.ids()}
    for body in bodies.values():
        for draft in body.drafts:
            found.update(dict.fromkeys(draft.reads))
        for _, expr in expressions_in(body.output):
            if expr.template is not None:
                found.update(dict.fromkeys(node_references(expr.template)))
    return tuple(id_ for id_ in found if id_ not in inside)
