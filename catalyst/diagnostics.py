"""Where something stands in a flow file, and what is wrong with it.

Goes in: spans and messages from every pass. Comes out: an ordered list of `Diagnostic`s and their rendering as the
text a person reads. Knows nothing of YAML, expressions or nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal, Protocol

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a file. Lines and columns count characters from 1; the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def start_of(cls, file: str) -> Span:
        """The first character of a file, for what concerns the file as a whole."""
        return cls(file, 1, 1, 1, 2)


class Located(str):
    """A string of the flow file that knows where it stands.

    `span` covers the whole scalar. `offsets` maps an index into the string to a (line, column) of the file; it is
    None where the text was folded or escaped so that no exact mapping exists.
    """

    span: Span
    offsets: OffsetMap | None

    def __new__(cls, text: str, span: Span, offsets: OffsetMap | None = None) -> Located:
        """Text that stands at `span`."""
        located = super().__new__(cls, text)
        located.span = span
        located.offsets = offsets
        return located

    def __deepcopy__(self, memo: object) -> Located:
        """Itself: text does not change."""
        return self

    def span_of(self, start: int, end: int) -> Span:
        """The span of `self[start:end]`; the whole scalar where the exact place is unknown."""
        if self.offsets is None:
            return self.span
        line, column = self.offsets.position(start)
        end_line, end_column = self.offsets.position(max(end, start))
        if (end_line, end_column) <= (line, column):
            end_line, end_column = line, column + 1
        return Span(self.span.file, line, column, end_line, end_column)


class OffsetMap(Protocol):
    """Maps an index into a scalar's value to its (line, column) in the file, both from 1."""

    def position(self, offset: int) -> tuple[int, int]:
        """The place of the character at `offset`; `len(text)` gives the place just behind the last one."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: a stable code, what is wrong, where, and what to try."""

    code: str
    severity: Severity
    message: str
    span: Span
    help: str | None = None
    label: str = ""
    """Short text printed behind the carets, such as "did you mean `score`?"."""
    excerpt: str | None = None
    """An expression to print under the excerpt, where the file position is not exact."""

    @property
    def file(self) -> str:
        """The file it is about."""
        return self.span.file

    @property
    def line(self) -> int:
        """Line of the first character, from 1."""
        return self.span.line

    @property
    def column(self) -> int:
        """Column of the first character, from 1."""
        return self.span.column

    @property
    def end_line(self) -> int:
        """Line of the end, from 1."""
        return self.span.end_line

    @property
    def end_column(self) -> int:
        """Column behind the last character, from 1."""
        return self.span.end_column


@dataclass(slots=True)
class Diagnostics:
    """Collects findings over all passes; the same finding is kept once."""

    _items: dict[tuple[str, Span, str], Diagnostic] = field(default_factory=dict)

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a finding."""
        self._items.setdefault((diagnostic.code, diagnostic.span, diagnostic.message), diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Keep several findings."""
        for diagnostic in diagnostics:
            self.add(diagnostic)

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        help: str | None = None,
        label: str = "",
        excerpt: str | None = None,
    ) -> None:
        """Keep an error."""
        self.add(Diagnostic(code, "error", message, span, help, label, excerpt))

    def warning(self, code: str, message: str, span: Span, *, help: str | None = None, label: str = "") -> None:
        """Keep a warning."""
        self.add(Diagnostic(code, "warning", message, span, help, label))

    @property
    def has_errors(self) -> bool:
        """Whether anything found stops the build."""
        return any(item.severity == "error" for item in self._items.values())

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.sorted())

    def __len__(self) -> int:
        return len(self._items)

    def sorted(self) -> list[Diagnostic]:
        """All findings in file order; equal places keep the order in which they were found.

        Where the form of the file is wrong, what later passes make of that very place is no mistake of its own.
        """
        formless = {_start(item) for item in self._items.values() if _is_about_form(item)}
        kept = [item for item in self._items.values() if _is_about_form(item) or _start(item) not in formless]
        return sorted(kept, key=lambda item: item.span)


def _is_about_form(item: Diagnostic) -> bool:
    """Whether the place holds nothing that can be judged; behind E122 the text that was meant is known."""
    return item.code.startswith(("E12", "E13")) and item.code != "E122"


def _start(item: Diagnostic) -> tuple[str, int, int]:
    return item.file, item.line, item.column


class CompilerBug(Exception):
    """Catalyst itself is wrong; never the author of the flow. Names the place it was working on."""

    def __init__(self, what: str, span: Span | None = None) -> None:
        super().__init__(what if span is None else f"{what} (at {span.file}:{span.line}:{span.column})")
        self.span = span


def suggest(wanted: str, known: Iterable[str]) -> str | None:
    """The known name closest to `wanted`, or None; ties go to the alphabet so that builds are reproducible."""
    candidates = sorted(set(known))
    close = get_close_matches(wanted, candidates, n=1, cutoff=0.6)
    if close:
        return close[0]
    folded = {name.lower().replace("_", "").replace("-", ""): name for name in reversed(candidates)}
    return folded.get(wanted.lower().replace("_", "").replace("-", ""))


def did_you_mean(wanted: str, known: Iterable[str]) -> str:
    """A label such as "did you mean `score`?", or "" when nothing is close."""
    close = suggest(wanted, known)
    return f"did you mean `{close}`?" if close else ""


def listing(names: Sequence[str], limit: int = 12) -> str:
    """Names for a help line: "a, b, c", cut with "..." when there are many."""
    shown = ", ".join(names[:limit])
    return shown + (", ..." if len(names) > limit else "")


def render(diagnostic: Diagnostic, source: str | None) -> str:
    """The finding as text: code and message, place, the source line with carets, and the help."""
    span = diagnostic.span
    lines = [
        f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}",
        f"  --> {span.file}:{span.line}:{span.column}",
    ]
    gutter = " " * len(str(span.line))
    lines += _excerpt(diagnostic, source, gutter)
    if diagnostic.excerpt is not None:
        lines.append(f"{gutter} = expression: {diagnostic.excerpt}")
    if diagnostic.help:
        lines += [f"{gutter} = help: {line}" for line in diagnostic.help.splitlines()]
    return "\n".join(lines)


_LONGEST_LINE = 160


def _excerpt(diagnostic: Diagnostic, source: str | None, gutter: str) -> list[str]:
    span = diagnostic.span
    source_lines = _split_lines(source) if source is not None else []
    if not 1 <= span.line <= len(source_lines):
        return []
    text = source_lines[span.line - 1]
    end = span.end_column if span.end_line == span.line else len(text) + 1
    text, column, width = _clip(text, span.column, max(1, end - span.column))
    # A tab is one character of the file; printing it as one space keeps the carets below their text.
    carets = " " * (column - 1) + "^" * width
    label = f" {diagnostic.label}" if diagnostic.label else ""
    return [f"{gutter} |", f"{span.line} | {_printable(text)}", f"{gutter} | {carets}{label}"]


def _clip(text: str, column: int, width: int) -> tuple[str, int, int]:
    """Cut a very long line around its marked part."""
    width = min(width, max(1, len(text) - column + 1), _LONGEST_LINE)
    if len(text) <= _LONGEST_LINE:
        return text, column, width
    start = max(0, column - 1 - _LONGEST_LINE // 2)
    return text[start : start + _LONGEST_LINE], column - start, min(width, _LONGEST_LINE // 2)


def _printable(text: str) -> str:
    """The line without characters that would move the cursor or hide text."""
    return "".join(
        " " if char == "\t" else char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text
    )


def _split_lines(source: str) -> list[str]:
    # Only the line ends of YAML count; str.splitlines would also break at form feeds and the like.
    return source.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}").replace("\r\n", "\n").replace("\r", "\n").split("\n")
