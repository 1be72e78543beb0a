"""From an index into a scalar's value back to the line and column of the file.

One class for each way a scalar can be written such that every character of its value stands at a place of its own.
Lines and columns count characters from 1.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

_ESCAPE_WIDTH = {"x": 4, "u": 6, "U": 10}
_PAIR_WIDTH = 12


@dataclass(frozen=True, slots=True)
class LineOffsets:
    """The value stands in one line exactly as written, its first character at `column`."""

    line: int
    column: int

    def position(self, offset: int) -> tuple[int, int]:
        """The place of the character at `offset`."""
        return self.line, self.column + offset


@dataclass(frozen=True, slots=True)
class QuotedOffsets:
    """A quoted scalar in one line that has escapes; `written` is the text between the quotes, at `column`."""

    line: int
    column: int
    written: str
    double: bool

    def position(self, offset: int) -> tuple[int, int]:
        """The place of the character at `offset`; an escape counts from its first character."""
        index = 0
        while offset > 0 and index < len(self.written):
            index += self._width(index)
            offset -= 1
        return self.line, self.column + index

    def _width(self, index: int) -> int:
        """How many characters of the file make the one character of the value that starts at `index`."""
        if not self.double:
            return 2 if self.written.startswith("''", index) else 1
        if self.written[index] != "\\":
            return 1
        if _is_pair(self.written[index : index + _PAIR_WIDTH]):
            return _PAIR_WIDTH
        return _ESCAPE_WIDTH.get(self.written[index + 1 : index + 2], 2)


def _is_pair(text: str) -> bool:
    """Whether text is an escaped surrogate pair, as JSON writes characters beyond the first plane."""
    return (
        len(text) == _PAIR_WIDTH
        and text[:3].lower() == "\\ud"
        and text[3] in "89abAB"
        and text[6:9].lower() == "\\ud"
        and text[9] in "cdefCDEF"
    )


@dataclass(frozen=True, slots=True)
class BlockOffsets:
    """A literal block: `starts[i]` is the offset of line i in the value, which stands at (lines[i], columns[i])."""

    starts: tuple[int, ...]
    lines: tuple[int, ...]
    columns: tuple[int, ...]

    def position(self, offset: int) -> tuple[int, int]:
        """The place of the character at `offset`."""
        index = max(0, bisect_right(self.starts, offset) - 1)
        return self.lines[index], self.columns[index] + offset - self.starts[index]
