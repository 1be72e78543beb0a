"""Takes a regular expression apart into atoms, sequences, choices and repetitions.

Goes in: a pattern that `re` accepts. Comes out: its parts, as far as the time that a search takes depends on them.
Look-around and anchors match nothing by themselves and count as empty; what stands in them is taken apart on its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Atom:
    """One character: the source of a pattern for it, such as `a`, `.`, `\\d` or `[a-z]`."""

    source: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts in a row; none at all is the empty pattern."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several parts."""

    options: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part from `least` to `most` times; `most` is None without an end."""

    part: Part
    least: int
    most: int | None


Part = Atom | Sequence | Choice | Repeat
EMPTY = Sequence(())


class NotUnderstood(Exception):
    """The pattern uses something whose cost is not known."""


_ANY_TEXT = Repeat(Atom("(?s:.)"), 0, None)
"""What stands for a reference to a group: it may match a text of any length."""
_ESCAPE = re.compile(
    r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|N\{[^}]*\}|0[0-7]{0,2}|[1-9]\d?|.)", re.DOTALL
)
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_COUNT = re.compile(r"\{(\d*)(?:(,)(\d*))?\}")
_GROUP = re.compile(r"\((?:\?(?:#[^)]*\)|P<\w+>|P=\w+\)|<[=!]|[=!:>]|[aiLmsux]*(?:-[imsx]+)?[:)]|\(\w+\)))?")


@dataclass(slots=True)
class _Reader:
    pattern: str
    position: int = 0
    aside: list[Part] = field(default_factory=list)
    """What stands in look-around."""

    def peek(self) -> str:
        """The next character, or "" at the end."""
        return self.pattern[self.position : self.position + 1]

    def take(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        """What `expression` finds here; the reader goes behind it."""
        match = expression.match(self.pattern, self.position)
        if match:
            self.position = match.end()
        return match


def take_apart(pattern: str) -> tuple[Part, ...]:
    """The parts of a pattern, and of each look-around in it. Raises `NotUnderstood`."""
    reader = _Reader(pattern)
    whole = _choice(reader)
    if reader.position != len(pattern):
        raise NotUnderstood
    return (whole, *reader.aside)


def _choice(reader: _Reader) -> Part:
    options = [_sequence(reader)]
    while reader.peek() == "|":
        reader.position += 1
        options.append(_sequence(reader))
    return options[0] if len(options) == 1 else Choice(tuple(options))


def _sequence(reader: _Reader) -> Part:
    parts: list[Part] = []
    while reader.peek() not in ("", "|", ")"):
        part = _quantified(reader, _single(reader))
        if part != EMPTY:
            parts.append(part)
    return parts[0] if len(parts) == 1 else Sequence(tuple(parts))


def _single(reader: _Reader) -> Part:
    start = reader.peek()
    if start == "(":
        return _group(reader)
    if start in "^$":
        reader.position += 1
        return EMPTY
    if start == "\\":
        return _escape(reader)
    if start == "[":
        match = reader.take(_CLASS)
        if match is None:
            raise NotUnderstood
        return Atom(match[0])
    reader.position += 1
    return Atom("." if start == "." else re.escape(start))


def _escape(reader: _Reader) -> Part:
    match = reader.take(_ESCAPE)
    if match is None:
        raise NotUnderstood
    kind = match[0][1]
    if kind in "AZzbB":
        return EMPTY
    return _ANY_TEXT if kind in "123456789" else Atom(match[0])


def _group(reader: _Reader) -> Part:
    match = reader.take(_GROUP)
    if match is None:
        raise NotUnderstood
    opening = match[0]
    if opening.startswith("(?P="):
        return _ANY_TEXT
    if opening.endswith(")") and not opening.startswith("(?("):
        return EMPTY
    inside = _choice(reader)
    if reader.peek() != ")":
        raise NotUnderstood
    reader.position += 1
    if opening in ("(?=", "(?!", "(?<=", "(?<!"):
        reader.aside.append(inside)
        return EMPTY
    return inside


def _quantified(reader: _Reader, part: Part) -> Part:
    while True:
        bounds = _bounds(reader)
        if bounds is None:
            return part
        if reader.peek() in ("?", "+"):
            reader.position += 1
        if part != EMPTY:
            part = Repeat(part, *bounds)


def _bounds(reader: _Reader) -> tuple[int, int | None] | None:
    simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
    if reader.peek() in simple:
        reader.position += 1
        return simple[reader.pattern[reader.position - 1]]
    match = _COUNT.match(reader.pattern, reader.position)
    if match is None or match[0] in ("{}", "{,}"):
        return None
    reader.position = match.end()
    least = int(match[1] or 0)
    if match[2] is None:
        return least, least
    return least, int(match[3]) if match[3] else None
