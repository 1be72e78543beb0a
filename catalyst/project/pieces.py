"""Cuts long functions into pieces that can be laid out one by one.

Goes in: a function or class as text, with its statement. Comes out: the same text with a placeholder for each run of
statements, and the runs, each in blocks of its own so that it stands as deep as before. Put back together they give
what laying out the whole would give: a cut is made only where one plain statement directly follows another.

Black reads its own output a second time whenever it changed something, and takes memory by the size of the text. In
pieces only those are read again that changed, and pieces that were seen before are not read at all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from catalyst.pysource.walk import statements

LONG = 6_000
"""Characters from which a function is cut; below, the pieces would cost more than they save."""
_ENOUGH = 1_500
"""Characters after which a piece ends with the next statement that has a comment above it, as nodes have."""
_LEAST = 400
"""Characters below which a run stays where it is."""
_INDENT = 4
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_PLACEHOLDER = "catalyst_piece"


@dataclass(frozen=True, slots=True)
class Run:
    """Statements that follow each other: their lines, counted from 0 and without the last one, and their depth."""

    start: int
    end: int
    depth: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """A statement of a block with the comments directly above it."""

    node: ast.stmt
    start: int
    end: int
    commented: bool


def cut(text: str, node: ast.stmt, first_line: int) -> tuple[str, list[str]]:
    """The text with placeholders, and for each of them a piece. `first_line` is where the text starts in its module."""
    lines = text.split("\n")
    runs = sorted(_runs(node, lines, first_line), key=lambda run: run.start)
    kept: list[str] = []
    pieces: list[str] = []
    done = 0
    for number, run in enumerate(runs):
        kept += lines[done : run.start]
        kept.append(" " * _INDENT * run.depth + f"{_PLACEHOLDER}_{number}")
        pieces.append("\n".join([*_headers(run.depth), *lines[run.start : run.end]]) + "\n")
        done = run.end
    return "\n".join(kept + lines[done:]), pieces


def put_back(outline: str, pieces: list[str]) -> str:
    """The outline with each placeholder replaced by its piece; both are laid out."""
    lines: list[str] = []
    for line in outline.split("\n"):
        name, _, number = line.strip().rpartition("_")
        if name != _PLACEHOLDER:
            lines.append(line)
            continue
        depth = (len(line) - len(line.lstrip())) // _INDENT
        lines += pieces[int(number)].rstrip("\n").split("\n")[depth:]
    return "\n".join(lines)


def _headers(depth: int) -> list[str]:
    """Blocks as deep as a piece stood, in which any statement of a function may stand."""
    return [" " * _INDENT * level + ("while x:" if level else "async def f():") for level in range(depth)]


def _runs(node: ast.AST, lines: list[str], first_line: int, depth: int = 1) -> Iterator[Run]:
    """The runs inside of a statement, at any depth."""
    for body in _bodies(node):
        entries = list(_entries(body, lines, first_line, depth))
        yield from _grouped(entries, lines, depth)
        for entry in entries:
            if not _is_plain(entry, lines):
                yield from _runs(entry.node, lines, first_line, depth + 1)


def _bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The blocks of a compound statement, those of its handlers and cases too."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        # `elif` is an `if` in the `else`, and stands no deeper than its own.
        if isinstance(block, list) and not (name == "orelse" and _is_elif(node)):
            yield block
    for handler in getattr(node, "handlers", ()):
        yield handler.body


def _is_elif(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and len(node.orelse) == 1 and node.orelse[0].col_offset == node.col_offset


def _entries(body: list[ast.stmt], lines: list[str], first_line: int, depth: int) -> Iterator[_Entry]:
    indent = " " * _INDENT * depth
    before = -1
    for node in body:
        start, end = node.lineno - first_line, (node.end_lineno or node.lineno) - first_line + 1
        if isinstance(node, _SCOPES) and node.decorator_list:
            start = min(decorator.lineno for decorator in node.decorator_list) - first_line
        top = start
        while before >= 0 and top > before and lines[top - 1].startswith(f"{indent}#"):
            top -= 1
        yield _Entry(node, top, end, top < start)
        before = end


def _grouped(entries: list[_Entry], lines: list[str], depth: int) -> Iterator[Run]:
    """Runs of plain statements that directly follow each other; the first statement of a block is in none."""
    group: list[_Entry] = []
    size = 0
    for before, entry in pairwise(entries):
        follows = before.end == entry.start and not _leaves_space(before.node)
        fits = _is_plain(entry, lines) and lines[entry.start].startswith(" " * _INDENT * depth)
        if group and not (follows and fits and not (entry.commented and size > _ENOUGH)):
            yield from _run(group, size, depth)
            group, size = [], 0
        if follows and fits:
            group.append(entry)
            size += sum(map(len, lines[entry.start : entry.end]))
    yield from _run(group, size, depth)


def _run(group: list[_Entry], size: int, depth: int) -> Iterator[Run]:
    if size >= _LEAST:
        yield Run(group[0].start, group[-1].end, depth)


def _is_plain(entry: _Entry, lines: list[str]) -> bool:
    """Whether a statement may be part of a run: not long, and nothing around which black sets blank lines."""
    node = entry.node
    long = sum(map(len, lines[entry.start : entry.end])) > LONG
    return not long and not _leaves_space(node) and not isinstance(node, ast.Match)


def _leaves_space(node: ast.stmt) -> bool:
    """Whether black may set a blank line behind the statement, or takes it for a docstring."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    return any(isinstance(inner, (*_SCOPES, ast.Import, ast.ImportFrom)) for inner in statements(node, itself=True))
