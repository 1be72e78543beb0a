"""Writes statements line by line; knows indentation and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Body:
    """Lines of Python at a growing and shrinking indent."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._indent = 0
        self._gap = False
        """Whether a blank line belongs before the next one."""

    def line(self, text: str = "") -> None:
        """Add a line; text of several lines is indented as a whole (black lays out what is in brackets)."""
        prefix = "    " * self._indent
        if self._gap and text and self._lines[-1:] != [""]:
            self._lines.append("")
        self._gap = False
        self._lines += [prefix + part if part else "" for part in text.split("\n")]

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """A header such as `if x:` and what stands below it, indented; an empty block gets a `pass`.

        A function among other lines stands between blank lines.
        """
        is_function = header.startswith(("def ", "async def "))
        self._gap = self._gap or (is_function and not self._opens())
        self.line(header)
        before = len(self._lines)
        self._indent += 1
        yield
        if all(not line.strip() or line.strip().startswith("#") for line in self._lines[before:]):
            self.line("pass")
        self._indent -= 1
        self._gap = is_function

    def _opens(self) -> bool:
        """Whether a blank line may not follow: the last one opens a block, decorates or comments, or there is none."""
        last = self._lines[-1].strip() if self._lines else ":"
        return last.endswith(":") or last.startswith(("@", "#"))

    def has_left(self) -> bool:
        """Whether nothing can follow: the last line at this indent returns or raises."""
        prefix = "    " * self._indent
        last = next((line for line in reversed(self._lines) if line.strip()), "")
        return last.startswith((f"{prefix}return", f"{prefix}raise "))

    def mark(self) -> int:
        """How many lines there are, to see later whether something was added."""
        return len(self._lines)

    def extend(self, other: Body) -> None:
        """Add another body's lines at the current indent."""
        for text in other._lines:
            self.line(text)
        self._gap = self._gap or other._gap

    def text(self) -> str:
        """Everything written, with a newline at the end."""
        return "\n".join(self._lines) + "\n"
