"""JSON text becomes a tree that knows its places, with the strictness of RFC 8259.

Goes in: the text of a file. Comes out: maps, lists and strings of `catalyst.spec.tree` plus findings with line and
column. Duplicate keys are reported all at once; the first error of syntax ends the reading, because what follows it
would be guesses.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from math import isfinite
from typing import Any

from catalyst.diagnostics import Diagnostic, Located, Span
from catalyst.spec.tree import LocatedList, LocatedMap

MAX_CHARACTERS = 1_048_576
MAX_DEPTH = 64
_LONGEST_NUMBER = 320

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_HEX4 = re.compile(r"[0-9a-fA-F]{4}")
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORD_HELP = {
    "NaN": "JSON has no `NaN`; write null or a string",
    "Infinity": "JSON has no `Infinity`; write null or a string",
    "True": "JSON writes `true` in small letters",
    "False": "JSON writes `false` in small letters",
    "None": "JSON writes `null`",
    "undefined": "JSON has no `undefined`; write null or leave the key away",
}


@dataclass(frozen=True, slots=True)
class JsonOffsets:
    """Where each character of a JSON string stands; `columns` has one entry more than the text."""

    line: int
    columns: tuple[int, ...]

    def position(self, offset: int) -> tuple[int, int]:
        """The place of the character at `offset`; strings of JSON never span lines."""
        return self.line, self.columns[min(max(offset, 0), len(self.columns) - 1)]


class _Stop(Exception):
    """Reading cannot go on."""

    def __init__(self, code: str, message: str, start: int, end: int, help_text: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.start, self.end, self.help_text = code, message, start, end, help_text


def read_json(source: str, filename: str) -> tuple[Any, list[Diagnostic]]:
    """The tree of a JSON text and what is wrong with it; the tree is None when the text cannot be read."""
    text = source.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    if len(text) > MAX_CHARACTERS:
        message = f"the file has {len(text)} characters; the limit is {MAX_CHARACTERS}"
        return None, [Diagnostic("E152", "error", message, Span.start_of(filename))]
    reader = _Reader(text, filename)
    try:
        value = reader.document()
    except _Stop as stop:
        span = reader.span(stop.start, stop.end)
        reader.findings.append(Diagnostic(stop.code, "error", stop.message, span, stop.help_text))
        return None, reader.findings
    return value, reader.findings


class _Reader:
    """Reads one document by recursive descent; `MAX_DEPTH` bounds the recursion."""

    def __init__(self, text: str, filename: str) -> None:
        self.text = text
        self.filename = filename
        self.at = 0
        self.findings: list[Diagnostic] = []
        self._line_starts = [0] + [match.end() for match in re.finditer(r"\r\n|\r|\n", text)]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The stretch between two offsets, at least one character wide."""
        line, column = self.place(start)
        end_line, end_column = self.place(end)
        if (end_line, end_column) <= (line, column):
            end_line, end_column = line, column + 1
        return Span(self.filename, line, column, end_line, end_column)

    def document(self) -> Any:
        """The one value of the file."""
        self.skip_space()
        if self.at == len(self.text):
            raise _Stop("E150", "the file is empty", 0, 1)
        value, _ = self.value(1)
        self.skip_space()
        if self.at < len(self.text):
            raise self.unexpected("the end of the file")
        return value

    def value(self, depth: int) -> tuple[Any, Span]:
        """The value at the current place and its span."""
        start = self.at
        char = self.text[start : start + 1]
        if char in ("{", "["):
            if depth > MAX_DEPTH:
                raise _Stop("E152", f"nested deeper than {MAX_DEPTH} levels", start, start + 1)
            tree = self.map(depth) if char == "{" else self.list(depth)
            return tree, tree.span
        if char == '"':
            text = self.string()
            return text, text.span
        if char == "-" or char.isdigit():
            number = self.number()
            return number, self.span(start, self.at)
        word = _WORD.match(self.text, start)
        if word is not None and word.group() in _CONSTANTS:
            self.at = word.end()
            return _CONSTANTS[word.group()], self.span(start, self.at)
        raise self.unexpected("a value")

    def map(self, depth: int) -> LocatedMap:
        """An object."""
        start = self.at
        tree = LocatedMap(self.span(start, start + 1))
        self.at += 1
        self.skip_space()
        while self.peek() != "}":
            if tree or self.at != self._first(start):
                self.expect(",", "`,` or `}`")
                self.trailing_comma("}")
            self.entry(tree, depth)
            self.skip_space()
        self.at += 1
        tree.span = self.span(start, self.at)
        return tree

    def entry(self, tree: LocatedMap, depth: int) -> None:
        """One `"key": value`; a key seen before is reported and its later value kept out."""
        if self.peek() != '"':
            raise self.unexpected("a key in double quotes")
        key = self.string()
        self.skip_space()
        self.expect(":", "`:`")
        value, span = self.value(depth + 1)
        if key in tree:
            first = next(known for known in tree if known == key)
            line = first.span.line if isinstance(first, Located) else 0
            message = f"the key `{key}` is here twice"
            self.findings.append(
                Diagnostic("E151", "error", message, key.span, f"the first one is in line {line}; remove one of them")
            )
        else:
            tree.put(key, value, span)

    def list(self, depth: int) -> LocatedList:
        """An array."""
        start = self.at
        tree = LocatedList(self.span(start, start + 1))
        self.at += 1
        self.skip_space()
        while self.peek() != "]":
            if tree:
                self.expect(",", "`,` or `]`")
                self.trailing_comma("]")
            value, span = self.value(depth + 1)
            tree.put(value, span)
            self.skip_space()
        self.at += 1
        tree.span = self.span(start, self.at)
        return tree

    def number(self) -> int | float:
        """A number; those that no float can hold are errors."""
        start = self.at
        match = _NUMBER.match(self.text, start)
        if match is None:
            raise self.unexpected("a number")
        end = match.end()
        if end < len(self.text) and (self.text[end].isalnum() or self.text[end] in "._"):
            raise _Stop("E150", "this is not a number of JSON", start, end + 1, "no leading zeros, `_`, hex or `1.`")
        if match.end() - start > _LONGEST_NUMBER:
            raise _Stop("E150", "this number is too long", start, end)
        self.at = end
        if match.group(1) is None and match.group(2) is None:
            whole = int(match.group())
            if not -(2**63) <= whole < 2**63:
                help_text = "quote it to keep it as text"
                raise _Stop("E150", "this whole number does not fit into 64 bits", start, end, help_text)
            return whole
        number = float(match.group())
        if not isfinite(number):
            raise _Stop("E150", "this number is too large", start, end)
        return number

    def string(self) -> Located:
        """A string; each of its characters keeps its column."""
        start = self.at
        line, column = self.place(start)
        shift = column - start
        parts: list[str] = []
        columns: list[int] = []
        at = start + 1
        while True:
            plain = _PLAIN.match(self.text, at)
            run_end = plain.end() if plain is not None else at
            parts.append(self.text[at:run_end])
            columns.extend(range(at + shift, run_end + shift))
            at = run_end
            char = self.text[at : at + 1]
            if char == '"':
                break
            if char != "\\":
                raise self._bad_string(start, at, char)
            decoded, width = self._escape(at)
            parts.append(decoded)
            columns.append(at + shift)
            at += width
        self.at = at + 1
        columns.append(at + shift)
        return Located("".join(parts), self.span(start, self.at), JsonOffsets(line, tuple(columns)))

    def _escape(self, at: int) -> tuple[str, int]:
        """The character that a backslash at `at` stands for, and how many characters of the file it takes."""
        kind = self.text[at + 1 : at + 2]
        if kind in _ESCAPES:
            return _ESCAPES[kind], 2
        high = self._code_unit(at)
        if high is None:
            raise _Stop("E150", "this is not an escape of JSON", at, at + 2, "write `\\\\` for one backslash")
        if not 0xD800 <= high <= 0xDFFF:
            return chr(high), 6
        low = self._code_unit(at + 6)
        if high > 0xDBFF or low is None or not 0xDC00 <= low <= 0xDFFF:
            raise _Stop("E150", "half of a surrogate pair is not a character", at, at + 6)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)), 12

    def _code_unit(self, at: int) -> int | None:
        if self.text[at : at + 2] != "\\u" or _HEX4.match(self.text, at + 2) is None:
            return None
        return int(self.text[at + 2 : at + 6], 16)

    def _bad_string(self, start: int, at: int, char: str) -> _Stop:
        if char in ("", "\n", "\r"):
            return _Stop("E150", "this string has no closing quote", start, at, "a line break is written `\\n`")
        return _Stop("E150", "control characters must be escaped in a string", at, at + 1, "a tab is written `\\t`")

    def skip_space(self) -> None:
        """Go on to the next character that is not white space."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match is not None else self.at

    def peek(self) -> str:
        """The character at the current place."""
        if self.at >= len(self.text):
            raise _Stop("E150", "the file ends in the middle", len(self.text), len(self.text) + 1)
        return self.text[self.at]

    def expect(self, char: str, what: str) -> None:
        """Step over one character and the white space behind it."""
        if self.peek() != char:
            raise self.unexpected(what)
        self.at += 1
        self.skip_space()

    def trailing_comma(self, close: str) -> None:
        """A comma with nothing behind it is an error of its own: it is the most common one."""
        if self.peek() == close:
            comma = self.text.rindex(",", 0, self.at)
            raise _Stop("E150", f"a comma before `{close}`", comma, comma + 1, "remove the comma")

    def unexpected(self, wanted: str) -> _Stop:
        """The error for what stands at the current place."""
        rest = self.text[self.at : self.at + 2]
        if not rest:
            return _Stop("E150", "the file ends in the middle", self.at, self.at + 1)
        if rest in ("//", "/*") or rest[0] == "#":
            return _Stop("E150", "JSON has no comments", self.at, self.at + 2, "use a `description` key")
        word = _WORD.match(self.text, self.at)
        found = word.group() if word is not None else rest[0]
        help_text = _WORD_HELP.get(found)
        if rest[0] == "'":
            help_text = "JSON strings stand in double quotes"
        return _Stop("E150", f"expected {wanted}, found `{found}`", self.at, self.at + len(found), help_text)

    def _first(self, start: int) -> int:
        match = _SPACE.match(self.text, start + 1)
        return match.end() if match is not None else start + 1
