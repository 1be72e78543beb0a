"""Black's rule for blank lines, for the lines that emitted code holds.

Goes in: the lines of a module, one after another, each with its kind, its depth and how many blank lines stood above
it. Comes out: how many black sets there. What the rule does not cover raises `Unclear`.
"""

from __future__ import annotations

from dataclasses import dataclass

from catalyst.project.shapes import Kind

_DEFINES = (Kind.FUNCTION, Kind.CLASS)
_APART = (Kind.DECORATOR, *_DEFINES)
"""What stands apart from what is above it."""


class Unclear(Exception):
    """Only black can tell."""


@dataclass(slots=True)
class _Line:
    kind: Kind
    depth: int
    blank: int
    """Blank lines above it, as they are to be."""


class Spacing:
    """Goes through a module from above."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []
        self._open: list[int] = []
        """How deep the functions and classes stand that the line is in, or that just ended."""

    def add(self, kind: Kind, depth: int, blank: int) -> None:
        """The next line, with the number of blank lines that stood above it."""
        if kind is Kind.DOCSTRING and not self._may_be_documented():
            kind = Kind.PLAIN  # of a field
        before = self._lines[-1] if self._lines else _Line(Kind.PLAIN, 0, 0)
        deepest = before.depth + 1 if before.kind.opens else before.depth
        if depth > deepest or (before.kind.opens and (depth < deepest or blank)):
            raise Unclear
        self._lines.append(_Line(kind, depth, self._blank(kind, depth, blank)))

    def counts(self) -> list[int]:
        """For each line how many blank lines stand above it."""
        if self._lines and self._lines[-1].kind in (Kind.COMMENT, Kind.DECORATOR):
            raise Unclear
        return [line.blank for line in self._lines]

    def _blank(self, kind: Kind, depth: int, blank: int) -> int:
        allowed = min(blank, 1 if depth else 2)
        left = self._left(kind, depth)
        if not self._lines:
            return 0
        before = self._lines[-1]
        if before.kind is Kind.COMMENT and (before.depth != depth or blank):
            raise Unclear
        if before.kind is Kind.DECORATOR and kind not in _APART:
            raise Unclear
        if kind is Kind.DOCSTRING:
            if before.kind is Kind.OPENS:
                raise Unclear
            return 0
        if before.kind is Kind.DOCSTRING and not before.depth and kind not in _DEFINES:
            return 1
        if left:
            allowed = 1 if depth else 2
        if kind in _APART:
            allowed = self._blank_above_definition(depth)
        elif before.kind is Kind.IMPORT and kind is not Kind.IMPORT and before.depth == depth:
            allowed = (allowed or 1) if depth else 1
        return max(allowed, 1) if self._ends_docstring_of_class() else allowed

    def _left(self, kind: Kind, depth: int) -> bool:
        """Whether a function or class ends above this line."""
        left: int | None = None
        while self._open and self._open[-1] >= depth:
            left = self._open.pop()
        if kind in _DEFINES:
            self._open.append(depth)
        if left and not depth and kind not in _APART:
            raise Unclear
        return left is not None

    def _may_be_documented(self) -> bool:
        """Whether a docstring may follow: at the start of the module, or below the head of a block."""
        return all(line.kind is Kind.COMMENT for line in self._lines) or self._lines[-1].kind.opens

    def _ends_docstring_of_class(self) -> bool:
        """Whether the last line is the docstring of a class."""
        last = self._lines[-2:]
        return len(last) == 2 and last[0].kind is Kind.CLASS and last[1].kind is Kind.DOCSTRING

    def _blank_above_definition(self, depth: int) -> int:
        before = self._lines[-1]
        if before.kind is Kind.DECORATOR:
            return 0
        if before.kind in _DEFINES and before.depth < depth:
            return 0
        apart = 1 if depth else 2
        if before.kind is not Kind.COMMENT:
            return apart
        self._move_apart(apart)
        return 0

    def _move_apart(self, apart: int) -> None:
        """Comments belong to what they stand above; the blank lines go above the first of them."""
        first = len(self._lines) - 1
        while first and self._lines[first - 1].kind is Kind.COMMENT:
            first -= 1
        above = self._lines[first - 1] if first else None
        if above is None or above.kind.opens:
            return
        if above.kind is Kind.DECORATOR:
            raise Unclear
        self._lines[first].blank = max(self._lines[first].blank, apart)
