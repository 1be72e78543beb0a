"""YAML events become located values; everything that a flow file must not have is reported on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from catalyst.diagnostics import Diagnostic, Located, Span
from catalyst.spec.events import Mark, end_of, start_of
from catalyst.spec.scalars import BadNumber, has_leading_zero, resolve_plain
from catalyst.spec.source import ParserText, has_half_pair
from catalyst.spec.text import located_scalar
from catalyst.spec.tree import LocatedList, LocatedMap

DEEPEST = 64
"""Levels of maps and lists in one file."""

Read = tuple[Any, Span]


class TooDeep(Exception):
    """The file nests deeper than `DEEPEST`; nothing of it is used."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class TreeBuilder:
    """Reads one file's events. `found` holds what is wrong with it."""

    def __init__(self, events: Iterator[Event], text: ParserText, filename: str) -> None:
        self.found: list[Diagnostic] = []
        self._events = events
        self._text = text
        self._file = filename
        self._depth = 0

    def read(self) -> Any:
        """The value of the first document; None for an empty file. Raises `TooDeep` and the parser's errors."""
        value: Any = None
        documents = 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                self._check_document(event, documents)
            elif not isinstance(event, (DocumentEndEvent, StreamEndEvent)) and self._holds_value(event):
                read, _ = self._value(event)
                value = read if documents == 1 else value
        return value

    @staticmethod
    def _holds_value(event: Event) -> bool:
        return isinstance(event, (ScalarEvent, AliasEvent, CollectionStartEvent))

    def _check_document(self, event: DocumentStartEvent, number: int) -> None:
        if number == 2:
            span = self._span(start_of(event), end_of(event))
            self._error("E127", "a flow file is one YAML document; a second one starts here", span, "use two files")
        head = self._text.original[: end_of(event).index] if number == 1 else ""
        for line_number, line in enumerate(head.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
            if line.startswith("%"):
                span = Span(self._file, line_number, 1, line_number, len(line) + 1)
                self._error("E127", "YAML directives are not part of the flow format", span, "remove this line")

    def _value(self, event: Event) -> Read:
        if isinstance(event, ScalarEvent):
            if event.tag is not None or event.anchor is not None:
                self._refuse_properties(event)
            return self._scalar(event)
        if isinstance(event, CollectionStartEvent):
            if event.tag is not None or event.anchor is not None:
                self._refuse_properties(event)
            return self._nested(event)
        return self._alias(event)

    def _alias(self, event: Event) -> Read:
        name = event.anchor if isinstance(event, AliasEvent) else ""
        span = self._span(start_of(event), end_of(event))
        help_text = f'repeat the value, or quote it if it is text: "*{name}"'
        self._error("E125", f"the alias `*{name}` is not part of the flow format", span, help_text)
        return None, span

    def _nested(self, event: CollectionStartEvent) -> Read:
        self._depth += 1
        if self._depth > DEEPEST:
            span = self._span(start_of(event), start_of(event))
            message = f"the file nests deeper than {DEEPEST} levels"
            raise TooDeep(Diagnostic("E129", "error", message, span, "split the flow, or move data out of it"))
        result = self._map(event) if isinstance(event, MappingStartEvent) else self._list(event)
        self._depth -= 1
        return result

    def _refuse_properties(self, event: ScalarEvent | CollectionStartEvent) -> None:
        """Report a tag or an anchor in front of a value."""
        tag, anchor = event.tag, event.anchor
        span = self._property_span(start_of(event))
        if anchor is not None:
            help_text = f'repeat the value where it is needed, or quote it if it is text: "&{anchor} ..."'
            self._error("E125", f"the anchor `&{anchor}` is not part of the flow format", span, help_text)
        if tag is not None:
            written = self._text.original[start_of(event).index :].split(maxsplit=1)[0]
            message = f"the tag `{written[:40]}` is not part of the flow format"
            self._error("E126", message, span, "remove it, or quote the value if it is text")

    def _property_span(self, mark: Mark) -> Span:
        written = self._text.original[mark.index :].split(maxsplit=1)
        line, column = mark.line + 1, mark.column + 1
        return Span(self._file, line, column, line, column + max(1, len(written[0]) if written else 1))

    def _scalar(self, event: ScalarEvent) -> Read:
        span = self._span(start_of(event), end_of(event))
        text = self._text.restore(event.value)
        if event.style:
            if has_half_pair(text):
                help_text = "write both halves, or the character itself"
                self._error("E121", "this text has half of a surrogate pair", span, help_text)
                return None, span
            located = located_scalar(text, event, self._text.original, span)
            return located, located.span
        if event.tag is not None:
            return Located(text, span), span
        if not text:
            return None, self._behind_last_text(start_of(event))
        value = resolve_plain(text)
        if isinstance(value, str):
            return located_scalar(value, event, self._text.original, span), span
        if isinstance(value, BadNumber):
            self._error("E131", value.why, span, value.help)
            return None, span
        if isinstance(value, int) and has_leading_zero(text):
            message = f"`{text}` is read as the number {value}"
            help_text = f'quote it to keep the zero: "{text}"'
            self.found.append(Diagnostic("W131", "warning", message, span, help_text))
        return value, span

    def _behind_last_text(self, mark: Mark) -> Span:
        """Where a missing value would stand: behind its key, however far the parser has read on."""
        column = mark.column
        while column > 0 and self._text.original[mark.index - (mark.column - column) - 1] in " \t":
            column -= 1
        return Span(self._file, mark.line + 1, column + 1, mark.line + 1, column + 2)

    def _list(self, start: CollectionStartEvent) -> Read:
        items = LocatedList(self._span(start_of(start), end_of(start)))
        event = next(self._events)
        while not isinstance(event, SequenceEndEvent):
            items.put(*self._value(event))
            event = next(self._events)
        items.span = self._collection_span(start, event, items.item_spans[-1] if items else None)
        return items, items.span

    def _map(self, start: MappingStartEvent) -> Read:
        entries = LocatedMap(self._span(start_of(start), end_of(start)))
        event = next(self._events)
        last = None
        while not isinstance(event, MappingEndEvent):
            if self._is_unquoted_expression(start, event):
                return self._unquoted_expression(start, event)
            key = self._key(event)
            value, last = self._value(next(self._events))
            if key is not None:
                self._put(entries, key, value, last)
            event = next(self._events)
        entries.span = self._collection_span(start, event, last)
        return entries, entries.span

    def _put(self, entries: LocatedMap, key: Located, value: Any, span: Span) -> None:
        if key not in entries:
            entries.put(key, value, span)
            return
        help_text = f"it is already given in line {entries.key_spans[key].line}"
        self._error("E124", f"the key `{key}` is given twice in this map", key.span, help_text)

    def _key(self, event: Event) -> Located | None:
        if isinstance(event, ScalarEvent):
            return self._scalar_key(event)
        value, span = self._value(event)
        if not isinstance(event, AliasEvent):
            kind = "a list" if isinstance(value, list) else "a map"
            self._error("E128", f"a key must be text; this one is {kind}", span, "give the value a name as its key")
        return None

    def _scalar_key(self, event: ScalarEvent) -> Located:
        found_before = len(self.found)
        value, span = self._value(event)
        if isinstance(value, Located):
            if value == "<<" and not event.style:
                help_text = "write the keys out where they are needed"
                self._error("E125", "the merge key `<<` is not part of the flow format", span, help_text)
            return value
        del self.found[found_before:]
        text = self._text.restore(event.value)
        shown = text or "(nothing)"
        self._error("E128", f"a key must be text; `{shown}` is not", span, f'quote it: "{text}"')
        return Located(text, span)

    def _is_unquoted_expression(self, start: MappingStartEvent, event: Event) -> bool:
        return (
            bool(start.flow_style)
            and isinstance(event, MappingStartEvent)
            and start_of(event).index == start_of(start).index + 1
            and self._text.original.startswith("{{", start_of(start).index)
        )

    def _unquoted_expression(self, start: MappingStartEvent, inner: Event) -> Read:
        """`key: {{ x }}` is a map in a map to YAML; say so once and go on with the text that was meant."""
        found_before = len(self.found)
        self._value(inner)
        self._value(next(self._events))
        event = next(self._events)
        while not isinstance(event, MappingEndEvent):
            self._value(event)
            event = next(self._events)
        del self.found[found_before:]
        span = self._span(start_of(start), end_of(event))
        written = self._text.original[start_of(start).index : end_of(event).index]
        message = "an expression at the start of a value needs quotes around the value"
        self._error(
            "E122", message, span, f'quote the value: "{written}"' if "\n" not in written else "quote the value"
        )
        return Located(written, span), span

    def _collection_span(self, start: Event, end: Event, last: Span | None) -> Span:
        """From the first character to the last; a block collection ends where its last value ends."""
        if isinstance(start, CollectionStartEvent) and start.flow_style:
            return self._span(start_of(start), end_of(end))
        first = self._span(start_of(start), start_of(start))
        if last is None:
            return first
        return Span(self._file, first.line, first.column, last.end_line, last.end_column)

    def _span(self, start: Mark, end: Mark) -> Span:
        line, column = start.line + 1, start.column + 1
        end_line, end_column = end.line + 1, end.column + 1
        if (end_line, end_column) <= (line, column):
            end_line, end_column = line, column + 1
        return Span(self._file, line, column, end_line, end_column)

    def _error(self, code: str, message: str, span: Span, help_text: str | None = None) -> None:
        self.found.append(Diagnostic(code, "error", message, span, help_text))
