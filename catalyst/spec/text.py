"""A scalar of the file becomes a `Located` string with the exact place of each character, where there is one."""

from __future__ import annotations

import re

from yaml.events import ScalarEvent

from catalyst.diagnostics import Located, OffsetMap, Span
from catalyst.spec.events import end_of, start_of
from catalyst.spec.offsets import BlockOffsets, LineOffsets, QuotedOffsets

_LINE = re.compile("([^\r\n]*)(\r\n|\r|\n|\\Z)")


def located_scalar(text: str, event: ScalarEvent, source: str, span: Span) -> Located:
    """The scalar with its places; `span` is corrected for block scalars, whose end the parser sees too late."""
    if event.style in ("|", ">"):
        return _block(text, event, source, span)
    if span.line != span.end_line:
        return Located(text, span)
    return Located(text, span, _in_one_line(text, event, source, span))


def _in_one_line(text: str, event: ScalarEvent, source: str, span: Span) -> OffsetMap | None:
    start, end = start_of(event).index, end_of(event).index
    if event.anchor is not None or event.tag is not None:
        return None
    if not event.style:
        return LineOffsets(span.line, span.column)
    written = source[start + 1 : end - 1]
    if written == text:
        return LineOffsets(span.line, span.column + 1)
    return QuotedOffsets(span.line, span.column + 1, written, event.style == '"')


def _block(text: str, event: ScalarEvent, source: str, span: Span) -> Located:
    """A literal block keeps every character; a folded one does not, but its end is found the same way."""
    lines = _content_lines(event, source)
    ends = [(number, column + len(line)) for number, column, line in lines if line]
    end_line, end_column = ends[-1] if ends else (span.line, span.column + 1)
    span = Span(span.file, span.line, span.column, end_line, end_column)
    if event.style == ">" or not lines:
        return Located(text, span)
    starts, offset = [], 0
    for _, _, line in lines:
        starts.append(offset)
        offset += len(line) + 1
    joined = "\n".join(line for _, _, line in lines)
    if joined.rstrip("\n") != text.rstrip("\n"):
        return Located(text, span)
    numbers, columns = tuple(number for number, _, _ in lines), tuple(column for _, column, _ in lines)
    return Located(text, span, BlockOffsets(tuple(starts), numbers, columns))


def _content_lines(event: ScalarEvent, source: str) -> list[tuple[int, int, str]]:
    """Line number, column of the first character and text of each line of a block, without its indentation."""
    header = _LINE.match(source, start_of(event).index)
    if header is None:
        return []
    lines: list[tuple[int, str]] = []
    position, number = header.end(), start_of(event).line + 2
    while position < min(end_of(event).index, len(source)):
        match = _LINE.match(source, position)
        if match is None or match.end() == position:
            break
        lines.append((number, match.group(1)))
        position, number = match.end(), number + 1
    indent = _indentation([line for _, line in lines])
    return [(number, min(indent, len(line)) + 1, line[indent:]) for number, line in lines]


def _indentation(lines: list[str]) -> int:
    """Spaces in front of the first line that is not empty."""
    for line in lines:
        if line.strip(" "):
            return len(line) - len(line.lstrip(" "))
    return 0
