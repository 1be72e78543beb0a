"""The text of a YAML file becomes a tree of located values.

YAML here is data only: no tags, anchors, aliases, merge keys, directives or second documents; text keys, none twice.
Whatever breaks these rules is reported and the reading goes on, so that one run shows everything; only a file that is
not YAML at all stops at its first error.
"""

from __future__ import annotations

import gc
from typing import Any

from yaml import MarkedYAMLError

from catalyst.diagnostics import Diagnostic, Span
from catalyst.spec.builder import TooDeep, TreeBuilder
from catalyst.spec.events import EventSource, PythonParser, events_of, quick_parser
from catalyst.spec.source import ParserText, check_source
from catalyst.spec.syntax_errors import explain_syntax_error
from catalyst.spec.tree import LocatedMap

Found = tuple[Any, list[Diagnostic]]


def load_tree(source: str, filename: str) -> tuple[LocatedMap | None, list[Diagnostic]]:
    """The map that a file holds, or None when it holds none, with all errors of its form."""
    value, found = load_value(source, filename)
    if isinstance(value, LocatedMap):
        return value, found
    if not found:
        found = [_not_a_map(value, source, filename)]
    return None, found


def load_value(source: str, filename: str) -> Found:
    """Whatever a YAML text holds, with all errors of its form; None when it cannot be read."""
    found = check_source(source, filename)
    if found:
        return None, found
    text = ParserText.of(source)
    try:
        return _build(quick_parser(text.text), text, filename)
    except MarkedYAMLError:
        return load_slowly(text, filename)


def load_slowly(text: ParserText, filename: str) -> Found:
    """The same by the Python parser, whose errors can be explained."""
    text = text.for_python()
    try:
        return _build(PythonParser(text.text), text, filename)
    except MarkedYAMLError as problem:
        return None, [explain_syntax_error(problem, text.original, filename)]


def _build(parser: EventSource, text: ParserText, filename: str) -> Found:
    builder = TreeBuilder(events_of(parser), text, filename)
    # Everything made here is kept, so the garbage collector would only walk a growing tree again and again.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return builder.read(), builder.found
    except TooDeep as deep:
        return None, [deep.diagnostic]
    finally:
        if collecting:
            gc.enable()


def _not_a_map(value: Any, source: str, filename: str) -> Diagnostic:
    example = "start with `catalyst: 1`, `name: my_flow` and `nodes:`"
    if value is None:
        return Diagnostic("E123", "error", "the file is empty", Span.start_of(filename), example)
    kind = "a list" if isinstance(value, list) else "a single value"
    span = value.span if hasattr(value, "span") else Span.start_of(filename)
    first_line = Span(filename, span.line, span.column, span.line, span.column + 1)
    return Diagnostic("E123", "error", f"the file holds {kind}, not a map of keys", first_line, example)
