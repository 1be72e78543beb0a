"""Takes a module apart into statements, each with its kind and its place; blocks are not looked into as trees.

Goes in: the text of a module. Comes out: its statements and comments from above to below, a compound statement by its
head. A module that holds what cannot be told by its lines (several statements in a line, texts that stand alone,
`match`) raises `Unclear`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from catalyst.project.shapes import UNKNOWN, Kind, kind_of, shapes
from catalyst.project.spacing import Unclear

INDENT = 4
_OPENING, _CLOSING = "([{", ")]}"
_BLOCKS = {
    "def": Kind.FUNCTION,
    "class": Kind.CLASS,
    **dict.fromkeys(("if", "elif", "else", "for", "while", "try", "except", "finally", "with"), Kind.OPENS),
}
_WORD = re.compile(r"(?:async )?([a-z]+)")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, the head of a block, a decorator or a comment."""

    lines: list[str]
    kind: Kind
    depth: int
    blank: int
    """Blank lines above it."""
    word: str
    """The keyword that it begins with, if any."""
    known: bool
    """Whether it is one line that black leaves as it is, unless it is too long."""


def statements(source: str) -> Iterator[Statement]:
    """All statements of a module. Raises `Unclear`."""
    lines = source.split("\n")
    found = shapes(source)
    number = blank = 0
    while number < len(lines):
        shape = found[number].lstrip(" ")
        if not shape:
            blank += 1
            number += 1
            continue
        kind = kind_of(shape)
        end = number + 1 if kind is not None else _end(found, number)
        depth, rest = divmod(len(found[number]) - len(shape), INDENT)
        if rest:
            raise Unclear
        word = _word(shape)
        known = kind is not None
        if kind is None:
            documents = number == 0 and lines[0].startswith(("'", '"'))
            kind = _kind(found[number:end], shape, word, documents=documents)
        yield Statement(lines[number:end], kind, depth, blank, word, known)
        number, blank = end, 0


def _end(found: list[str], number: int) -> int:
    """The line behind a statement that begins there: its brackets and texts are closed."""
    opened = 0
    while True:
        shape = found[number]
        opened += sum(map(shape.count, _OPENING)) - sum(map(shape.count, _CLOSING))
        number += 1
        if number == len(found):
            if opened:
                raise Unclear
            return number
        if not opened and not found[number].startswith(UNKNOWN):
            return number


def _word(shape: str) -> str:
    match = _WORD.match(shape)
    return match[1] if match is not None and match[1] != "x" else ""


def _kind(found: list[str], shape: str, word: str, *, documents: bool) -> Kind:
    """The kind of a statement that only black can lay out."""
    whole = "".join(found)
    if "\\" in whole or ";" in whole or "..." in whole or "#" in found[-1]:
        raise Unclear
    if not shape.strip("\"'?() "):
        if documents and set(found) in ({UNKNOWN}, {'"'}):
            return Kind.DOCSTRING
        raise Unclear
    if word in _BLOCKS:
        if not whole.endswith(":"):
            raise Unclear
        return _BLOCKS[word]
    if shape.startswith("@"):
        return Kind.DECORATOR
    if whole.endswith(":") or shape[0] == UNKNOWN:
        raise Unclear
    return Kind.IMPORT if word in ("import", "from") else Kind.PLAIN
