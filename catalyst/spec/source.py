"""From the bytes of a file to text that a YAML parser may see.

Goes in: bytes or text. Comes out: the text, with an error for every character that has no business in a flow file.
YAML 1.2 breaks lines only at CR and LF; the parser in use also breaks at three further characters, so these are
replaced for the parser and put back into what it returns (`ParserText`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from catalyst.diagnostics import Diagnostic, Span

LARGEST_SOURCE = 1_000_000
"""Bytes of UTF-8 that one file may hold."""

_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_END = re.compile("\r\n|\r|\n")
_MOST_REPORTED = 20


def decode_source(data: bytes, filename: str) -> tuple[str | None, list[Diagnostic]]:
    """The text of a file, or an error that points at the first byte that is not UTF-8."""
    wide = _wide_encoding(data)
    if wide is not None:
        span = Span.start_of(filename)
        return None, [Diagnostic("E130", "error", f"the file is {wide}, not UTF-8", span, "save the file as UTF-8")]
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError as problem:
        before = data[: problem.start].decode("utf-8")
        line, column = _place(before.removeprefix(_MARK))
        message = f"the file is not UTF-8: byte 0x{data[problem.start]:02x} does not belong there"
        span = Span(filename, line, column, line, column + 1)
        return None, [Diagnostic("E130", "error", message, span, "save the file as UTF-8")]


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 or UTF-32 by its mark, or by the zeros beside the first character, as YAML says."""
    start = data[:4]
    if start in (b"\xff\xfe\0\0", b"\0\0\xfe\xff") or (len(start) == 4 and start.count(0) == 3):
        return "UTF-32"
    zeros = [byte == 0 for byte in start]
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or zeros in ([False, True] * 2, [True, False] * 2):
        return "UTF-16"
    return None


def check_source(source: str, filename: str) -> list[Diagnostic]:
    """Errors for a file that is too big or has characters that YAML does not allow."""
    # A lone surrogate has no UTF-8 form; it is reported below, here it only has to be counted.
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > LARGEST_SOURCE:
        message = f"the file has {size:,} bytes; a flow may have {LARGEST_SOURCE:,}"
        return [Diagnostic("E129", "error", message, Span.start_of(filename), "move data out of the flow, or split it")]
    found = []
    for match in _FORBIDDEN.finditer(source):
        line, column = _place(source[: match.start()])
        message = f"the character U+{ord(match.group()):04X} ({_name(match.group())}) is not allowed in a flow file"
        span = Span(filename, line, column, line, column + 1)
        found.append(
            Diagnostic("E121", "error", message, span, 'remove it, or write it as an escape in a "..." string')
        )
        if len(found) == _MOST_REPORTED:
            break
    return found


def _name(char: str) -> str:
    if char == "\0":
        return "NUL"
    if "\ud800" <= char <= "\udfff":
        return "half of a surrogate pair"
    return "a control character" if ord(char) < 0xA0 else "not a character"


def _place(before: str) -> tuple[int, int]:
    """Line and column, from 1, of what stands behind `before`."""
    line, start = 1, 0
    for match in _LINE_END.finditer(before):
        line, start = line + 1, match.end()
    return line, len(before) - start + 1


# Taken for line ends, and for the last one: not counted as a character.
_MISREAD = "\x85\u2028\u2029" + _MARK
_PRIVATE = range(0xF0000, 0xF8000)
# A question mark inside of text, as in `{type: string?}`; in front of text it would open a key.
_INNER_QUESTION_MARK = re.compile(r"(?<=[^\s,\[\]{}])\?|(?<=[^\s,\[\]{}:?-])([ \t]+)\?")


def _unused(text: str) -> Iterator[int]:
    """Private characters that a text does not have."""
    used = set(text)
    return (code for code in _PRIVATE if chr(code) not in used)


# A tab inside of text; the parser in Python takes only spaces there.
_INNER_TAB = re.compile(r"(?<=[^\s,\[\]{}:?\\-])\t(?=[^\s#:,\]}])")


@dataclass(frozen=True, slots=True)
class ParserText:
    """Text for the parser, of the same length as the original, and how to read what comes back."""

    original: str
    text: str
    back: dict[int, int]
    """Stand-in characters to the characters they replace."""

    @classmethod
    def of(cls, source: str) -> ParserText:
        """Replace what the parser would take for a line end; a leading byte order mark is dropped."""
        original = source.removeprefix(_MARK)
        present = [char for char in _MISREAD if char in original]
        if not present:
            return cls(original, original, {})
        free = _unused(original)
        there = {ord(char): next(free) for char in present}
        return cls(original, original.translate(there), {stand_in: char for char, stand_in in there.items()})

    def for_python(self) -> ParserText:
        """The same for the parser in Python, for which a tab, and `?` in a flow map, ends a text; libyaml reads on."""
        free = _unused(self.text)
        mark, tab = next(free), next(free)
        text = _INNER_QUESTION_MARK.sub(lambda match: (match.group(1) or "") + chr(mark), self.text)
        return ParserText(self.original, _INNER_TAB.sub(chr(tab), text), {**self.back, mark: ord("?"), tab: ord("\t")})

    def restore(self, value: str) -> str:
        """A scalar as the file means it; two escapes that JSON writes for one character become that character."""
        value = value.translate(self.back) if self.back else value
        return value if value.isascii() else _SURROGATE_PAIR.sub(_joined, value)


_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def _joined(pair: re.Match[str]) -> str:
    return pair.group().encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def has_half_pair(value: str) -> bool:
    """Whether a text has half of a surrogate pair, which has no form in UTF-8."""
    return not value.isascii() and _SURROGATE.search(value) is not None
