"""Why a text is not YAML, in plain words.

Goes in: the parser's complaint. Comes out: one diagnostic at the place where the author has to change something. The
commonest causes are looked for in the source itself, because the parser only notices them later.
"""

from __future__ import annotations

import re

from yaml import MarkedYAMLError
from yaml.error import Mark

from catalyst.diagnostics import Diagnostic, Span

_UNQUOTED = re.compile(
    r"(?:^\s*|[:\-,\[{]\s+|\[)(?P<braces>\{\{)|(?:[:\-]\s+|[\[,]\s*)[^\s\"'#|>][^\"'#]*?(?P<later>\{\{)"
)
_BRACKET_IN_TEXT = re.compile(r"[^\s,:\[\]{}\"'][\[{]")
"""A bracket behind other text: between brackets it ends a text without quotes."""
_END_OF_EXPRESSION = re.compile(r"\}\}")

_PROBLEMS: tuple[tuple[str, str, str], ...] = (
    ("mapping values are not allowed", "a `:` does not belong here", "quote the value if the `:` is part of its text"),
    ("could not find expected ':'", "this line is neither `key: value` nor a list item", "is a `:` missing?"),
    ("found unexpected end of stream", "the quote that opens here is never closed", "add the closing quote"),
    ("found unexpected document separator", "the quote that opens here is never closed", "add the closing quote"),
    ("found unknown escape character", "this escape does not exist", r"write `\\` for a backslash, or use '...'"),
    ("expected escape sequence of", "this escape is not complete", r"write `\\` for a backslash, or use '...'"),
    ("expected ',' or '}'", "a `,` or the closing `}` is missing", "check the braces and commas of this map"),
    ("expected ',' or ']'", "a `,` or the closing `]` is missing", "check the brackets and commas of this list"),
    ("found undefined tag handle", "tags are not part of the flow format", "quote the value if it starts with `!`"),
    ("sequence entries are not allowed", "a list item does not belong here", "start the list on a line of its own"),
    ("mapping keys are not allowed", "a key does not belong here", "check the indentation of this line"),
    ("expected a comment or a line break", "text does not belong behind `|` or `>`", "start the text on the next line"),
    ("found duplicate", "a YAML directive is given twice", "remove the line that starts with `%`"),
    ("expected <block end>", "this line does not fit the lines above it", "check the indentation and the quotes"),
    ("expected the node content", "a value is missing here", "write a value, or remove the key"),
    ("expected alphabetic or numeric character", "`*` and `&` cannot start a value", "quote the value"),
    ("expected <document start>", "the file goes on behind its end", "check the indentation of this line"),
)


def explain_syntax_error(problem: MarkedYAMLError, source: str, filename: str) -> Diagnostic:
    """The diagnostic for what the parser found; `source` is the text it read."""
    mark = problem.problem_mark or problem.context_mark
    if mark is None:
        return Diagnostic("E120", "error", "this is not YAML", Span.start_of(filename))
    return _unquoted_expression(problem, mark, source, filename) or _from_parser(problem, mark, source, filename)


def _unquoted_expression(problem: MarkedYAMLError, mark: Mark, source: str, filename: str) -> Diagnostic | None:
    """A `{{` that needs quotes on a line that the parser was reading."""
    lines = _lines(source)
    first = min(problem.context_mark.line if problem.context_mark is not None else mark.line, mark.line)
    for number in range(mark.line, max(first, mark.line - 3) - 1, -1):
        line = lines[number] if number < len(lines) else ""
        match = _UNQUOTED.search(line)
        if match is None:
            continue
        group = "braces" if match.group("braces") else "later"
        start = match.start(group)
        end = _END_OF_EXPRESSION.search(line, start)
        span = Span(filename, number + 1, start + 1, number + 1, (end.end() if end else len(line)) + 1)
        message = "an expression at the start of a value needs quotes around the value"
        if group == "later":
            message = "a value with an expression in it needs quotes here"
        return Diagnostic("E122", "error", message, span, 'quote the value: key: "{{ ... }}"')
    return None


def _from_parser(problem: MarkedYAMLError, mark: Mark, source: str, filename: str) -> Diagnostic:
    said = problem.problem or ""
    lines = _lines(source)
    line = lines[mark.line] if mark.line < len(lines) else ""
    char = line[mark.column : mark.column + 1]
    if char == "\t" or (line[: mark.column].isspace() and "\t" in line[: mark.column]):
        return _tab(mark, line, filename)
    if "cannot start any token" in said:
        message = f"a value cannot start with `{char}`"
        return Diagnostic("E120", "error", message, _at(mark, filename), "quote the value")
    if said.startswith("expected ',' or") and _BRACKET_IN_TEXT.match(line, max(mark.column - 1, 0)):
        message = f"a value with `{char}` in it needs quotes here"
        return Diagnostic("E120", "error", message, _at(mark, filename), 'quote the value: path: "/orders/{id}"')
    for start, message, help_text in _PROBLEMS:
        if said.startswith(start):
            place = problem.context_mark if "never closed" in message and problem.context_mark is not None else mark
            return Diagnostic("E120", "error", message, _at(place, filename, lines), help_text)
    return Diagnostic("E120", "error", "this is not YAML", _at(mark, filename, lines), "check indentation and quotes")


def _tab(mark: Mark, line: str, filename: str) -> Diagnostic:
    column = line.index("\t") + 1
    span = Span(filename, mark.line + 1, column, mark.line + 1, column + 1)
    return Diagnostic("E132", "error", "a tab cannot be used for indentation", span, "use spaces")


def _at(mark: Mark, filename: str, lines: list[str] | None = None) -> Span:
    """One character at the mark; at the end of the file, the last character that is there."""
    line, column = mark.line + 1, mark.column + 1
    if lines is not None and mark.line >= len(lines) - 1 and not "".join(lines[mark.line :]).strip():
        while line > 1 and not (lines[line - 1] if line <= len(lines) else "").strip():
            line -= 1
        column = max(1, len(lines[line - 1].rstrip()))
    return Span(filename, line, column, line, column + 1)


def _lines(source: str) -> list[str]:
    return source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
