"""Lays out emitted Python with black, in process and with one fixed mode.

Goes in: the text of a module. Comes out: the same module as black prints it, on any supported Python. A text that black
cannot read is a bug of Catalyst, never of the flow.

Black takes some milliseconds a function, so a module is formatted by top-level statement and each piece is remembered:
when one node changes while `catalyst dev` runs, one function is formatted, or the part of a long one that changed. The
pieces are put together with black's own rule for blank lines; modules that hold what the rule does not cover (`# fmt:`
comments, comments that stand alone, functions inside top-level `if`s) are formatted as a whole, and a test compares
both ways.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalyst.diagnostics import CompilerBug
from catalyst.project.containers import open_long
from catalyst.project.pieces import LONG, cut, put_back

if TYPE_CHECKING:
    from black import Mode

LINE_LENGTH = 120
"""Width of emitted code. The runtime modules are copied byte for byte, so this is the width that they are kept in."""

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A function or class with the comments above it, or a run of other statements."""

    text: str
    node: ast.stmt
    """The last of its statements."""
    first_line: int


def format_module(source: str, path: str = "<emitted>") -> str:
    """The module as black prints it. Raises `CompilerBug`, naming `path`, when it is not valid Python."""
    try:
        source = _double_quoted(source)
        chunks = _chunks(source)
        if chunks is None:
            return _format(source)
        return _join([_format_chunk(chunk).strip("\n") for chunk in chunks])
    except (ValueError, SyntaxError) as error:
        raise CompilerBug(f"emitted module `{path}` is not valid Python") from error


def format_files(files: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Path to text, with every `.py` among them formatted but for the runtime's copies, which are clean as they are."""
    return {
        path: format_module(text, path) if path.endswith(".py") and not path.startswith("app/runtime/") else text
        for path, text in files
    }


@functools.cache
def _mode() -> Mode:
    # Black takes a while to import; commands that write nothing do not need it.
    from black.mode import Mode, TargetVersion  # noqa: PLC0415

    return Mode(line_length=LINE_LENGTH, target_versions={TargetVersion.PY311})


_QUOTED = re.compile(
    r"""\#[^\n]*+ | ["]{3}(?:[^"\\]|\\.|"(?!""))*+["]{3} | [']{3}(?:[^'\\]|\\.|'(?!''))*+[']{3}
    | "(?:[^"\\\n]|\\.)*+" | '(?P<plain>[^'"\\\n]*+)' | '(?:[^'\\\n]|\\.)*+'""",
    re.VERBOSE | re.DOTALL,
)
"""Comments and literals of Python, up to 3.11, one after another."""


def _double_quoted(source: str) -> str:
    """The module with double quotes where `repr` wrote single ones, unless there is something to escape.

    Black does the same; but it reads what it changed a second time, and quotes are often all that it would change.
    """
    return _QUOTED.sub(lambda match: match[0] if match["plain"] is None else f'"{match["plain"]}"', source)


def _format_chunk(chunk: _Chunk) -> str:
    """Format a chunk, a long function in pieces."""
    if not isinstance(chunk.node, _SCOPES):
        return _format(open_long(chunk.text, LINE_LENGTH))
    if len(chunk.text) < LONG or isinstance(chunk.node, ast.ClassDef):
        return _format(chunk.text)
    outline, pieces = cut(chunk.text, chunk.node, chunk.first_line)
    return put_back(_format(outline), [_format(piece) for piece in pieces])


_DIGITS = re.compile(r"[0-9]++(?![xXoObB])")


def _format(text: str) -> str:
    """Format one piece by its shape: pieces that differ in digits only are formatted once.

    Black keeps the order of what it prints and looks at the width of a number, never at its digits; so the digits can
    be taken out before and put back behind it. Where that does not work out the piece is formatted as it is.
    """
    try:
        formatted = _format_shape(_DIGITS.sub(lambda match: "7" * len(match[0]), text))
    except ValueError:
        return _format_shape(text)
    digits = _DIGITS.findall(text)
    if [len(run) for run in digits] != [len(run) for run in _DIGITS.findall(formatted)]:
        return _format_shape(text)
    remaining = iter(digits)
    return _DIGITS.sub(lambda match: next(remaining), formatted)


@functools.lru_cache(maxsize=20_000)
def _format_shape(text: str) -> str:
    import black  # noqa: PLC0415
    from black.parsing import InvalidInput  # noqa: PLC0415

    try:
        return black.format_str(text, mode=_mode())
    except InvalidInput as error:
        raise ValueError(str(error)) from error


def _chunks(source: str) -> list[_Chunk] | None:
    """The module in pieces that can be formatted alone; None when it has to be formatted as a whole."""
    body = ast.parse(source).body
    if len(body) < 2 or "# fmt:" in source or "\f" in source or "\r" in source or not _splits_cleanly(body):
        return None
    # Split at newlines only: str.splitlines also breaks at characters that Python takes for part of a string.
    lines = source.split("\n")
    chunks: list[_Chunk] = []
    start = 0
    for index, node in enumerate(body):
        if index + 1 < len(body) and not isinstance(node, _SCOPES) and not isinstance(body[index + 1], _SCOPES):
            continue
        end = _first_line(body[index + 1], lines) if index + 1 < len(body) else len(lines)
        if any(line.startswith("#") for line in lines[node.end_lineno or 0 : end]):
            return None
        chunks.append(_Chunk("\n".join(lines[start:end]) + "\n", node, start + 1))
        start = end
    return chunks


def _splits_cleanly(body: list[ast.stmt]) -> bool:
    """Whether black's blank lines between these statements follow from their kinds alone."""
    for before, node in zip([None, *body], body, strict=False):
        if not isinstance(node, _SCOPES) and any(isinstance(inner, _SCOPES) for inner in ast.walk(node)):
            return False
        if isinstance(node, _SCOPES) and _is_dummy(node):
            return False
        if before is not None and before.end_lineno == node.lineno:
            return False
        if isinstance(before, _SCOPES) and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            # At the head of a piece it would pass for the module's docstring.
            return False
    return True


def _is_dummy(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """A body of `...` only: black keeps such functions close together."""
    last = node.body[-1]
    return isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant) and last.value.value is ...


def _first_line(node: ast.stmt, lines: list[str]) -> int:
    """Index of the first line of a statement, counting its decorators and the comments directly above."""
    first = node.lineno
    if isinstance(node, _SCOPES) and node.decorator_list:
        first = min(first, *(decorator.lineno for decorator in node.decorator_list))
    first -= 1
    while first > 0 and lines[first - 1].startswith("#"):
        first -= 1
    return first


def _join(parts: list[str]) -> str:
    """Two blank lines before and after every function and class."""
    return "\n\n\n".join(text for text in parts if text) + "\n"
