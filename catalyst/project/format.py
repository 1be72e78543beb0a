"""Lays out emitted Python as black does, with one fixed mode.

Goes in: the text of a module. Comes out: the same module as black prints it, on any supported Python. A text that black
cannot read is a bug of Catalyst, never of the flow.

Black takes half a millisecond a line, and most lines of emitted code need no change. So a module is taken apart into
statements: those that black would leave as they are (`shapes`) stay, calls and containers that are too long are opened
here (`containers`), blank lines follow black's rule (`spacing`), and black is asked about what is left, statement by
statement. A module that holds what these do not cover is given to black as a whole, and tests compare both ways.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from catalyst.diagnostics import CompilerBug
from catalyst.project.containers import open_long
from catalyst.project.lines import INDENT, Statement, statements
from catalyst.project.shapes import Kind
from catalyst.project.spacing import Spacing, Unclear

if TYPE_CHECKING:
    from black import Mode

LINE_LENGTH = 120
"""Width of emitted code. The runtime modules are copied byte for byte, so this is the width that they are kept in."""


def format_module(source: str, path: str = "<emitted>") -> str:
    """The module as black prints it. Raises `CompilerBug`, naming `path`, when it is not valid Python."""
    try:
        source = _double_quoted(source)
        try:
            return _in_statements(source)
        except Unclear:
            ast.parse(source)  # black takes some texts that Python does not
            return _format(source)
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
    r"""\#[^\n]*+ | ["]{3}(?:[^"\\]|\\.|"(?!""))*["]{3} | [']{3}(?:[^'\\]|\\.|'(?!''))*[']{3}
    | "(?:[^"\\\n]|\\.)*" | '(?P<plain>(?:[^'"\\\n]|\\[^'"\n])*)' | '(?:[^'\\\n]|\\.)*'""",
    re.VERBOSE | re.DOTALL,
)
"""Comments and literals of Python, up to 3.11, one after another."""


def _double_quoted(source: str) -> str:
    """The module with double quotes where `repr` wrote single ones, unless there is something to escape.

    Black does the same; but it reads what it changed a second time, and quotes are often all that it would change.
    """
    return _QUOTED.sub(lambda match: match[0] if match["plain"] is None else f'"{match["plain"]}"', source)


_UNUSUAL = re.compile(r"#\s*(?:fmt|type|yapf):|#!|[\f\r\t]")
"""Comments that steer black, and space of other kinds."""
_NESTED = "async def f():"


def _in_statements(source: str) -> str:
    """The module, laid out statement by statement. Raises `Unclear`."""
    if not source.strip() or _UNUSUAL.search(source):
        raise Unclear
    spacing = Spacing()
    laid_out: list[list[str]] = []
    for statement in statements(source):
        spacing.add(statement.kind, statement.depth, statement.blank)
        laid_out.append(_laid_out(statement))
    lines: list[str] = []
    for blank, text in zip(spacing.counts(), laid_out, strict=True):
        lines += [""] * blank + text
    return "\n".join(lines) + "\n"


def _laid_out(statement: Statement) -> list[str]:
    if statement.known:
        line = statement.lines[0]
        if len(line) + _wide(line) <= LINE_LENGTH or statement.kind is Kind.COMMENT:
            return statement.lines
        opened = None if statement.kind.opens else open_long(line, LINE_LENGTH)
        if opened is not None:
            return opened
    return _by_black(statement)


def _wide(line: str) -> int:
    """How many columns a line may take beyond its characters."""
    return 0 if line.isascii() else sum(not char.isascii() for char in line)


def _by_black(statement: Statement) -> list[str]:
    """The statement in functions as deep as it stands, with what must stand before and behind it."""
    pad = " " * INDENT * statement.depth
    above = [" " * INDENT * level + _NESTED for level in range(statement.depth)]
    below = []
    if statement.word in ("elif", "else", "except", "finally"):
        above += [pad + ("if x:" if statement.word in ("elif", "else") else "try:"), f"{pad}    pass"]
    if statement.kind is Kind.DECORATOR:
        below = [f"{pad}def f():", f"{pad}    pass"]
    elif statement.kind.opens:
        below = [f"{pad}    pass"]
        if statement.word == "try":
            below += [f"{pad}finally:", f"{pad}    pass"]
    lines = _format("\n".join([*above, *statement.lines, *below]) + "\n").rstrip("\n").split("\n")
    return lines[len(above) : len(lines) - len(below)]


@functools.lru_cache(maxsize=20_000)
def _format(text: str) -> str:
    import black  # noqa: PLC0415 - it takes a while to import, and most modules do not need it
    from black.parsing import InvalidInput  # noqa: PLC0415

    try:
        return black.format_str(text, mode=_mode())
    except InvalidInput as error:
        raise ValueError(str(error)) from error
