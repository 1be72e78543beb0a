"""The code of a `pythonFunction` as a file with one function to call.

The code may define functions itself, or be the body of one: statements that read the incoming data and `return`.
It is parsed to find names, never run.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

_MAIN_NAMES = ("main", "run", "handler", "execute", "process", "transform")
_DATA_NAMES = ("input", "data", "inputs", "items", "item", "input_data")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the function; `optional` when it has a default."""

    name: str
    optional: bool


@dataclass(frozen=True, slots=True)
class FunctionFile:
    """The text of the file, the function's name and its parameters."""

    text: str
    name: str
    parameters: tuple[Parameter, ...]


def function_file(source: str, name: str, imports: Sequence[str], *, is_async: bool) -> FunctionFile | str:
    """The file for some code; a sentence says what is wrong when it is not Python."""
    body = source.replace("\r\n", "\n").strip("\n")
    head = "".join(f"{_import_line(line)}\n" for line in imports)
    defined = _defined(body, name)
    if defined is not None:
        found, parameters = defined
        return FunctionFile(_file(name, head, body + "\n"), found, parameters)
    parameter = _data_name(body)
    define = "async def" if is_async else "def"
    start = f"{define} {name}({parameter}: Any) -> Any:\n"
    wrapped = f'{start}    """The code of the node `{name}`."""\n{_indented(body)}\n'
    try:
        ast.parse(head + wrapped)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return error.msg if isinstance(error, SyntaxError) else str(error)
    text = _file(name, _sorted(["from typing import Any", *map(_import_line, imports)]), wrapped)
    return FunctionFile(text, name, (Parameter(parameter, optional=False),))


def _file(name: str, head: str, body: str) -> str:
    return f'"""Code of the node `{name}`."""\n\n{head}{chr(10) * 2 if head else ""}{body}'


def _sorted(lines: Sequence[str]) -> str:
    """Imports in the order of the field: the standard library first, whole modules before names out of them."""
    parts: tuple[list[str], list[str]] = ([], [])
    for line in sorted(dict.fromkeys(lines), key=lambda line: (line.startswith("from "), line.lower())):
        root = line.split()[1].partition(".")[0] if len(line.split()) > 1 else ""
        parts[root not in sys.stdlib_module_names].append(line)
    return "\n".join("".join(f"{line}\n" for line in part) for part in parts if part)


def _import_line(line: str) -> str:
    line = line.strip()
    return line if line.startswith(("import ", "from ")) else f"import {line}"


def _defined(body: str, name: str) -> tuple[str, tuple[Parameter, ...]] | None:
    """The function that code defines at its top level, when it is a module and not the body of a function."""
    try:
        tree = ast.parse(body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    functions = {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    others = [node for node in tree.body if not isinstance(node, _DEFINITIONS)]
    if not functions or any(isinstance(node, ast.Return) for node in others):
        return None
    wanted = next((found for found in (name, *_MAIN_NAMES) if found in functions), list(functions)[-1])
    return wanted, _parameters(functions[wanted].args)


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def _parameters(args: ast.arguments) -> tuple[Parameter, ...]:
    plain = [*args.posonlyargs, *args.args]
    required = len(plain) - len(args.defaults)
    found = [Parameter(arg.arg, optional=index >= required) for index, arg in enumerate(plain)]
    return (
        *found,
        *(
            Parameter(arg.arg, optional=default is not None)
            for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True)
        ),
    )


def _data_name(body: str) -> str:
    """What the code calls the incoming data."""
    try:
        tree = ast.parse(f"async def body():\n{_indented(body)}\n")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "data"
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    stored = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    read = {node.id for node in names} - stored
    return next((name for name in _DATA_NAMES if name in read), "data")


def _indented(body: str) -> str:
    """The code one level deeper; lines inside a string of several lines keep their place."""
    inside: set[int] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(body).readline):
            if token.type != tokenize.NEWLINE and token.end[0] > token.start[0] and token.string.strip():
                inside.update(range(token.start[0] + 1, token.end[0] + 1))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        inside = set()
    lines = body.split("\n")
    return "\n".join(
        line if number in inside or not line.strip() else f"    {line}" for number, line in enumerate(lines, start=1)
    )
