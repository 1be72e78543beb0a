"""What the translation of one node type sees, and what it gives back.

`Step` reads the config of a node and remembers which settings were asked for, so that whatever nobody asked for is
reported as unknown. `Draft` is the node of the flow language that it becomes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalyst.diagnostics import Located, Span, did_you_mean, listing
from catalyst.spec.tree import LocatedList, LocatedMap, key_span_at, located_key, span_at
from catalyst.spec.visual.code import (
    Code,
    Hole,
    code,
    escaped_braces,
    expression_code,
    grouped,
    hole,
    locate,
    renamed,
    split_template,
    value_code,
)
from catalyst.spec.visual.outline import Node
from catalyst.spec.visual.report import At, Report, kind_of, milliseconds


@dataclass(frozen=True, slots=True)
class Source:
    """A node that an edge comes from; `maybe` when it can have no output although this node runs."""

    id: str
    maybe: bool

    @property
    def output(self) -> Code:
        """The expression that reads it."""
        return code(f"nodes.{self.id}.output")


@dataclass(slots=True)
class Draft:
    """A node of the flow language: `type`, `with`, the keys beside it, and a condition of its own."""

    type: str
    with_: Any = None
    keys: dict[str, Any] = field(default_factory=dict)
    guard: Code | None = None
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a node may know of the rest of the file."""

    ids: Mapping[str, str]
    workflows: Mapping[str, str]
    """What the file calls a workflow -> the name of its flow."""
    flow: str
    several: bool
    report: Report


class Step:
    """One node on its way; the methods below read its config."""

    def __init__(self, node: Node, sources: Sequence[Source], around: Surroundings, body: LocatedMap | None) -> None:
        self.node = node
        self.sources = tuple(sources)
        self.direct: tuple[str, ...] = ()
        """The nodes that the edges come from, those that only decide or wait included."""
        self.stored: dict[tuple[str, str], list[Source]] = {}
        """(node type, name) -> the nodes before this one that keep a value under the name, in the order they run."""
        self.maybe = False
        """Whether this node may be skipped."""
        self.around = around
        self.body = body
        self.report = around.report
        self._asked: dict[str, None] = {}

    @property
    def span(self) -> Span:
        """The place of the node's type, where complaints about the node as a whole point to."""
        return self.node.type.span

    @property
    def module(self) -> str:
        """The module below `lib` that holds code of this node."""
        return f"{self.around.flow}_{self.node.id}" if self.around.several else str(self.node.id)

    def span_of(self, name: str) -> Span:
        """The place of a setting."""
        return span_at(self.node.config, [name], self.node.config.span if self.node.config else self.node.span)

    def raw(self, *names: str) -> tuple[str, Any]:
        """The first of several spellings of a setting that is there: its name and its value as written."""
        self._asked.update(dict.fromkeys(names))
        config = self.node.config
        return next(((name, config[name]) for name in names if config.get(name) is not None), (names[0], None))

    def has(self, *names: str) -> bool:
        """Whether a setting is there."""
        return self.raw(*names)[1] is not None

    def value(self, *names: str) -> At | None:
        """A setting with its expressions in the flow language."""
        name, raw = self.raw(*names)
        return None if raw is None else At(self.translated(raw), self.span_of(name))

    def need(self, *names: str) -> At:
        """A setting that must be there."""
        found = self.value(*names)
        if found is None:
            self.missing(names[0])
            return At(Located("", self.span), self.span)
        return found

    def code(self, *names: str) -> Code | None:
        """A setting that is an expression by nature, with or without braces."""
        _, raw = self.raw(*names)
        return None if raw is None else self.code_of(raw)

    def need_code(self, *names: str) -> Code:
        """An expression that must be there."""
        found = self.code(*names)
        if not found:
            self.missing(names[0])
            return code("none")
        return found

    def code_of(self, raw: Any) -> Code:
        """An expression, whichever way it is written."""
        plain = unwrapped(raw)
        if isinstance(raw, LocatedMap) and raw.get("type") == "static":
            return value_code(self.translated(raw))
        if isinstance(plain, Located):
            return renamed(expression_code(plain), self.around.ids)
        return value_code(self.translated(plain))

    def text(self, *names: str) -> Located | None:
        """A setting that is fixed text: no expression makes sense in it."""
        name, raw = self.raw(*names)
        raw = unwrapped(raw)
        if raw is None or isinstance(raw, Located):
            return raw
        self.report.error("E153", f"`{name}` must be a string, not {kind_of(raw)}", self.span_of(name))
        return None

    def choice(self, name: str, known: Mapping[str, str], default: str) -> str:
        """A setting with few values, as the flow language calls them."""
        given = self.text(name)
        if given is None:
            return default
        if given not in known:
            label = did_you_mean(given, known)
            help_text = f"one of: {listing(list(known))}"
            self.report.error("E153", f"`{name}` cannot be `{given}`", given.span, help=help_text, label=label)
        return known.get(given, default)

    def flag(self, *names: str) -> bool:
        """A setting that is true or false; false when absent."""
        name, raw = self.raw(*names)
        raw = unwrapped(raw)
        if raw is not None and not isinstance(raw, bool):
            self.report.error("E153", f"`{name}` must be true or false, not {kind_of(raw)}", self.span_of(name))
        return raw is True

    def duration(self, *names: str) -> At | None:
        """Milliseconds as a duration; an expression is divided, because durations are seconds there."""
        name, raw = self.raw(*names)
        raw = unwrapped(raw)
        if isinstance(raw, Located):
            return (
                self.made(code(grouped(self.code_of(raw)), " / 1000"), self.span_of(name))
                if "{{" in raw
                else At(raw, raw.span)
            )
        self.raw(name)
        number = None if raw is None else self.report.number_in(self.node.config, name, f"`{name}`")
        return None if number is None else At(milliseconds(number), self.span_of(name))

    def made(self, expression: Code, span: Span | None = None) -> At:
        """An expression as a value of the flow file."""
        place = span if span is not None else self.span
        return At(locate(hole(expression), place), place)

    def incoming(self) -> Code:
        """What came in over the edges: the output of the one that ran, or the workflow's input without edges."""
        if not self.sources:
            return code("input")
        parts: list[str | Code] = []
        for source in self.sources:
            parts += [" ?? ", source.output] if parts else [source.output]
            if not source.maybe:
                break
        return code(*parts)

    def keep(self, name: str) -> None:
        """Let nodes that come later read this node's value under a name."""
        self.stored.setdefault((self.node.type, name), []).append(Source(self.node.id, self.maybe))

    def kept(self, name: str) -> Code | None:
        """What was kept last under a name; None when no node before this one keeps anything there."""
        parts: list[str | Code] = []
        for source in reversed(self.stored.get((self.node.type, name), ())):
            parts += [" ?? ", source.output] if parts else [source.output]
            if not source.maybe:
                return code(*parts)
        return code(*parts, " ?? none") if parts else None

    def translated(self, raw: Any) -> Any:
        """A value with `{type: expression}` and `{type: static}` resolved and nodes called by their identifiers."""
        return translated(raw, self.around.ids)

    def missing(self, name: str) -> None:
        """Report a setting that must be there."""
        message = f"`{self.node.key}` ({self.node.type}) needs `{name}` in its config"
        self.report.error("E157", message, self.node.key.span)

    def refuse(self, name: str, why: str, *spellings: str) -> None:
        """Report a known setting that the flow language has nothing for, when it is there and not empty."""
        found, raw = self.raw(name, *spellings)
        switched_off = isinstance(raw, LocatedMap) and raw.get("enabled") is False
        if raw not in (None, False, "", [], {}) and not switched_off:
            message = f"`{found}` of `{self.node.key}` ({self.node.type}) has no equivalent yet"
            span = key_span_at(self.node.config, [found], self.span)
            self.report.error("E157", message, span, help=why)

    def left_out(self, *names: str) -> None:
        """Warn about known settings that change nothing in the built project."""
        for name in names:
            _, raw = self.raw(name)
            if raw not in (None, False, "", [], {}):
                message = f"`{name}` of `{self.node.key}` ({self.node.type}) has no effect in the built project"
                self.report.warning("W150", message, key_span_at(self.node.config, [name], self.span))

    def finish(self) -> None:
        """Report the settings that nobody asked for."""
        for key in self.node.config:
            if key not in self._asked:
                message = f"`{self.node.key}` ({self.node.type}) has no setting `{key}`"
                span = key_span_at(self.node.config, [key], self.span)
                known = listing(sorted(self._asked), 20)
                label = did_you_mean(key, list(self._asked))
                self.report.error("E157", message, span, help=f"settings: {known}" if known else None, label=label)


def unwrapped(raw: Any) -> Any:
    """The text or value inside `{type: expression}` and `{type: static}`."""
    if is_wrapped(raw):
        return raw["expression"] if raw["type"] == "expression" else raw["value"]
    return raw


def is_wrapped(raw: Any) -> bool:
    """Whether a value is one of the editor's typed values."""
    if not isinstance(raw, LocatedMap) or len(raw) != 2:
        return False
    return (raw.get("type") == "expression" and isinstance(raw.get("expression"), Located)) or (
        raw.get("type") == "static" and "value" in raw
    )


def translated(raw: Any, ids: Mapping[str, str]) -> Any:
    """A value as the flow language writes it; places are kept."""
    if isinstance(raw, Located):
        return _translated_text(raw, ids)
    if is_wrapped(raw):
        if raw["type"] == "static":
            return _static(raw["value"])
        text = raw["expression"]
        return locate(hole(renamed(expression_code(text), ids)), text.span)
    if isinstance(raw, LocatedMap):
        tree = LocatedMap(raw.span)
        for key, value in raw.items():
            tree.put(
                Located(key, raw.span) if not isinstance(key, Located) else key,
                translated(value, ids),
                raw.value_spans.get(key, raw.span),
            )
        return tree
    if isinstance(raw, LocatedList):
        items = LocatedList(raw.span)
        for value, span in zip(raw, raw.item_spans, strict=True):
            items.put(translated(value, ids), span)
        return items
    return raw


def _translated_text(text: Located, ids: Mapping[str, str]) -> Located:
    if "nodes" not in text or "{{" not in text:
        return text
    parts = [hole(renamed(part.inner, ids)) if isinstance(part, Hole) else part for part in split_template(text)]
    # Only what changes is rebuilt, so that spaces inside the braces stay as they were.
    changed = any(isinstance(part, Hole) and renamed(part.inner, ids) != part.inner for part in split_template(text))
    return locate(code(*parts), text.span) if changed else text


def _static(raw: Any) -> Any:
    if isinstance(raw, Located):
        return escaped_braces(raw)
    if isinstance(raw, LocatedMap):
        tree = LocatedMap(raw.span)
        for key, value in raw.items():
            tree.put(located_key(key, raw.span), _static(value), raw.value_spans[key])
        return tree
    if isinstance(raw, LocatedList):
        items = LocatedList(raw.span)
        for value, span in zip(raw, raw.item_spans, strict=True):
            items.put(_static(value), span)
        return items
    return raw
