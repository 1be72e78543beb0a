"""Diagnostics as people and as programs read them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from catalyst.commands.console import say, use_colour, visible
from catalyst.diagnostics import Diagnostic, render

_STYLES = {"error": "bold red", "warning": "bold yellow"}


def as_data(diagnostic: Diagnostic) -> dict[str, Any]:
    """A finding as JSON data; lines and columns from 1, the end exclusive."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "file": diagnostic.file,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "end_line": diagnostic.end_line,
        "end_column": diagnostic.end_column,
        "help": diagnostic.help,
        "label": diagnostic.label,
    }


def document(diagnostics: Sequence[Diagnostic], **more: Any) -> dict[str, Any]:
    """The JSON document of a command: `ok`, `diagnostics`, and what the command adds."""
    return {"ok": not has_errors(diagnostics), "diagnostics": [as_data(item) for item in diagnostics], **more}


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether one of them is an error."""
    return any(item.severity == "error" for item in diagnostics)


def strictly(diagnostics: Sequence[Diagnostic], strict: bool) -> tuple[Diagnostic, ...]:
    """The findings; under `--strict` with warnings as errors."""
    return tuple(replace(item, severity="error") if strict else item for item in diagnostics)


def show(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> None:
    """Print all findings on standard error, and how many there are."""
    for item in diagnostics:
        _show_one(item, _source_of(item.file, sources))
        say()
    if diagnostics:
        say(summary(diagnostics), _STYLES["error" if has_errors(diagnostics) else "warning"])


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """ "2 errors, 1 warning"."""
    counts = [(sum(item.severity == kind for item in diagnostics), kind) for kind in ("error", "warning")]
    return ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for count, kind in counts if count)


def _source_of(file: str, sources: Mapping[str, str]) -> str | None:
    """The text of the file that a finding is about, by its name or by its path."""
    if file in sources:
        return sources[file]
    return sources.get(Path(file).as_posix())


def _show_one(diagnostic: Diagnostic, source: str | None) -> None:
    text = render(diagnostic, source)
    if not use_colour(sys.stderr):
        say(text)
        return
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second
    from rich.text import Text  # noqa: PLC0415

    style = _STYLES[diagnostic.severity]
    coloured = Text()
    for number, line in enumerate(visible(text).split("\n")):
        head, separator, rest = line.partition(": " if number == 0 else " | ")
        marks = number > 0 and bool(rest) and set(rest.split("^")[0]) <= {" "} and "^" in rest
        coloured.append(head + separator, style if number == 0 else "blue" if separator or number == 1 else "")
        coloured.append(rest + "\n", "bold" if number == 0 else style if marks else "")
    Console(stderr=True, highlight=False, soft_wrap=True).print(coloured, end="")
