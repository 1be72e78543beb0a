"""Puts new texts of nodes into a module in the place of the old ones, and counts lines of the flow anew.

Goes in: the module as it was laid out, pairs of texts, and where the lines of the flow are now. Comes out: the module
as a whole build would give it, or None when the old texts do not stand in it, each exactly once.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from catalyst.codegen.workflow import mark_name
from catalyst.project.format import format_module
from catalyst.project.verify import verify_module
from catalyst.rebuild.cut import Cut
from catalyst.rebuild.node import Pair

_NEST = "async def alone():"
_INDENT = 4


@dataclass(frozen=True, slots=True)
class _Change:
    """Lines of a module, first and behind the last, and what stands there instead."""

    first: int
    end: int
    lines: list[str]


def replaced(path: str, module: str, pairs: Sequence[Pair], old: Cut, new: Cut, file: str) -> str | None:
    """The module with the new texts."""
    lines = module.split("\n")
    if _has_long_texts(lines):
        return None
    changes: list[_Change] = []
    for pair in pairs:
        change = _find(lines, *pair)
        if change is None or _has_long_texts(change.lines) or not _is_sound(path, change.lines):
            return None
        changes.append(change)
    changes.sort(key=lambda change: change.first)
    if any(one.end > other.first for one, other in pairwise(changes)):
        return None
    moved = _mover(old, new, file)
    result: list[str] = []
    done = 0
    for change in changes:
        result += moved(lines[done : change.first])
        result += change.lines
        done = change.end
    return "\n".join(result + moved(lines[done:]))


def _has_long_texts(lines: Sequence[str]) -> bool:
    """Whether a text goes over several lines; what stands in it could look like code or comments."""
    return any(("'''" in line) or ('"""' in line and line.count('"""') % 2 == 1) for line in lines)


def _find(lines: list[str], before: str, after: str) -> _Change | None:
    """Where the old text stands, if it does so once."""
    first = before.split("\n", 1)[0]
    depths = {0} | {
        (len(line) - len(first)) // _INDENT for line in lines if line.endswith(first) and line.lstrip(" ") == first
    }
    found: list[_Change] = []
    for depth in sorted(depths):
        was = _laid_out(before, depth)
        for number, line in enumerate(lines):
            if line == was[0] and lines[number : number + len(was)] == was:
                found.append(_Change(number, number + len(was), _laid_out(after, depth)))
    return found[0] if len(found) == 1 else None


def _laid_out(text: str, depth: int) -> list[str]:
    """The lines of a text as they stand in a module at this depth."""
    pad = " " * _INDENT * depth
    nest = [" " * _INDENT * level + _NEST for level in range(depth)]
    inside = [pad + line if line else "" for line in text.split("\n")]
    # Something follows, so that the text is not the end of a block.
    laid_out = format_module("\n".join([*nest, *inside, f"{pad}alone()", ""])).rstrip("\n").split("\n")
    lines = laid_out[depth:-1]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _is_sound(path: str, lines: Sequence[str]) -> bool:
    """Whether the text keeps to what emitted code may do, as the whole module did."""
    indent = len(lines[0]) - len(lines[0].lstrip(" "))
    inside = [f"    {line[indent:]}" if line else "" for line in lines]
    return not verify_module(path, "\n".join([_NEST, *inside, ""]))


def _mover(old: Cut, new: Cut, file: str) -> Callable[[list[str]], list[str]]:
    """Gives lines of code with the lines of the flow that they name as they are now."""
    if old.starts == new.starts:
        return lambda lines: lines
    starts = [start + 1 for start in old.starts]
    by = [after - before for before, after in zip(old.starts, new.starts, strict=True)]
    mark = re.compile(rf"( *# [A-Za-z_]\w*, {re.escape(mark_name(file))}:)(\d+)")

    def moved(line: str) -> str:
        match = mark.fullmatch(line) if line.lstrip(" ").startswith("# ") else None
        if match is None:
            return line
        number = int(match[2])
        return f"{match[1]}{number + by[max(bisect_right(starts, number) - 1, 0)]}"

    return lambda lines: [moved(line) for line in lines]
