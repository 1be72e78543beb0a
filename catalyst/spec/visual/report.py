"""Findings about a visual file, and small readers of its values that add to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from catalyst.diagnostics import Diagnostics, Located, Span, did_you_mean, listing
from catalyst.spec.tree import LocatedList, LocatedMap, key_span_at, span_at

_KINDS: dict[type, str] = {
    bool: "true or false",
    dict: "an object",
    list: "an array",
    str: "a string",
    int: "a number",
    float: "a number",
    type(None): "null",
}


def kind_of(value: Any) -> str:
    """What a person calls this value."""
    return next((name for kind, name in _KINDS.items() if isinstance(value, kind)), "a value")


class Report(Diagnostics):
    """The findings of one file, with the checks that every part of the translation needs."""

    def map_in(self, raw: LocatedMap, key: str, what: str) -> LocatedMap:
        """The object at `key`; an empty one when it is absent, null or (reported) something else."""
        value = raw.get(key)
        if isinstance(value, LocatedMap):
            return value
        span = span_at(raw, [key], raw.span)
        if value is not None:
            self.error("E153", f"{what} must be an object, not {kind_of(value)}", span)
        return LocatedMap(span)

    def list_in(self, raw: LocatedMap, key: str, what: str) -> LocatedList:
        """The array at `key`; an empty one when it is absent, null or (reported) something else."""
        value = raw.get(key)
        if isinstance(value, LocatedList):
            return value
        span = span_at(raw, [key], raw.span)
        if value is not None:
            self.error("E153", f"{what} must be an array, not {kind_of(value)}", span)
        return LocatedList(span)

    def text_in(self, raw: LocatedMap, key: str, what: str, *, required: bool = False) -> Located | None:
        """The string at `key`; None when it is absent or (reported) something else."""
        value = raw.get(key)
        if isinstance(value, Located):
            return value
        if value is not None:
            span = span_at(raw, [key], raw.span)
            self.error("E153", f"{what} must be a string, not {kind_of(value)}", span)
        elif required:
            self.error("E153", f"{what} is missing", first_line(raw.span))
        return None

    def number_in(self, raw: LocatedMap, key: str, what: str) -> float | None:
        """The number at `key`, zero or more; None when it is absent or (reported) something else."""
        value = raw.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
            return value
        if value is not None:
            found = f"not {value}" if isinstance(value, (int, float)) else f"not {kind_of(value)}"
            self.error("E153", f"{what} must be a number from 0 on, {found}", span_at(raw, [key], raw.span))
        return None

    def choice_in(self, raw: LocatedMap, key: str, known: Sequence[str], what: str) -> str | None:
        """The string at `key` when it is one of `known`; other strings are reported with a suggestion."""
        value = self.text_in(raw, key, what)
        if value is None or value in known:
            return value
        self.error(
            "E153",
            f"{what} cannot be `{value}`",
            value.span,
            help=f"one of: {listing(list(known))}",
            label=did_you_mean(value, known),
        )
        return None

    def known_keys(self, raw: LocatedMap, known: Iterable[str], what: str) -> None:
        """Report the keys that nobody reads."""
        names = sorted(known)
        for key in raw:
            if key not in names:
                span = key_span_at(raw, [key], raw.span)
                label = did_you_mean(key, names)
                self.error(
                    "E153", f"unknown key `{key}` in {what}", span, help=f"known: {listing(names, 20)}", label=label
                )


def first_line(span: Span) -> Span:
    """The start of a longer stretch, for what is missing inside it."""
    return Span(span.file, span.line, span.column, span.line, span.column + 1)


def milliseconds(number: float) -> str:
    """Milliseconds as a duration of the flow language, in the largest unit that needs no fraction."""
    whole = round(number)
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if whole and whole % size == 0:
            return f"{whole // size}{unit}"
    return f"{whole}ms"


class At:
    """A plain value with the place that it came from."""

    __slots__ = ("span", "value")

    def __init__(self, value: Any, span: Span) -> None:
        self.value = value
        self.span = span


def build(value: Any, span: Span) -> Any:
    """Plain data, `At`s and trees become one tree; what has no place of its own stands at `span`."""
    if isinstance(value, At):
        return build(value.value, value.span)
    if isinstance(value, (LocatedMap, LocatedList, Located)):
        return value
    if isinstance(value, dict):
        tree = LocatedMap(span)
        for key, item in value.items():
            place = _place(item, span)
            tree.put(key if isinstance(key, Located) else Located(key, place), build(item, place), place)
        return tree
    if isinstance(value, (list, tuple)):
        items = LocatedList(span)
        for item in value:
            place = _place(item, span)
            items.put(build(item, place), place)
        return items
    return Located(value, span) if isinstance(value, str) else value


def _place(value: Any, default: Span) -> Span:
    return value.span if isinstance(value, (At, LocatedMap, LocatedList, Located)) else default
