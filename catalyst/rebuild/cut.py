"""Cuts the text of a flow into its nodes, and finds those whose text has changed.

Goes in: the text of a YAML file. Comes out: a `Cut`, or None when the file is not written as most are: `nodes:` on a
line of its own and one line for each node's name, all as deep as one another.

Where the lines of a node are replaced by others that are a whole node of the same name, nothing else of the file means
anything else: what stands before is read first, and what comes behind begins with a line that is not as deep, or is the
next name, which ends whatever a whole node can leave open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NODES = re.compile(r"nodes:[ ]*(?:#.*)?")
_SECTION = re.compile(r"[A-Za-z_]\w*:(?:[ ].*)?")
_NAME = re.compile(r"([A-Za-z_]\w*):(?:[ ].*)?")
_ODD = re.compile("[\t\r\x85\u2028\u2029\ufeff]")
"""What some readers of YAML take for space or for the end of a line."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The lines of a flow: those before its nodes, those of each node, those behind."""

    lines: tuple[str, ...]
    starts: tuple[int, ...]
    """Where each node begins, counted from 0; the last number is where the last one ends."""
    names: tuple[str, ...]

    def node(self, index: int) -> tuple[str, ...]:
        """The lines of a node."""
        return self.lines[self.starts[index] : self.starts[index + 1]]

    def only(self, index: int) -> str:
        """The file with all nodes but one hidden; every line keeps its number."""
        first, last = self.starts[0], self.starts[-1]
        start, end = self.starts[index], self.starts[index + 1]
        hidden = [*["#"] * (start - first), *self.lines[start:end], *["#"] * (last - end)]
        return "\n".join([*self.lines[:first], *hidden, *self.lines[last:]])

    def by_itself(self, index: int) -> str:
        """A node as a file of its own that holds nothing else."""
        return "\n".join(["nodes:", *self.node(index), ""])


def cut(source: str) -> Cut | None:
    """The parts of a file; None when they cannot be told apart by looking at lines."""
    if _ODD.search(source):
        return None
    lines = source.split("\n")
    heads = [number for number, line in enumerate(lines) if _NODES.fullmatch(line)]
    if len(heads) != 1:
        return None
    depth = 0
    starts: list[int] = []
    names: list[str] = []
    end = len(lines)
    for number in range(heads[0] + 1, len(lines)):
        text = lines[number].lstrip(" ")
        if not text or text.startswith("#"):
            continue
        indent = len(lines[number]) - len(text)
        depth = depth or indent
        if indent > depth:
            continue
        name = _NAME.fullmatch(text)
        if name is None:
            return None
        if indent < depth:
            end = number
            break
        starts.append(number)
        names.append(name[1])
    if not starts or depth == 0 or not _rest_is_plain(lines[end:]) or len(set(names)) < len(names):
        return None
    return Cut(tuple(lines), (*starts, end), tuple(names))


def _rest_is_plain(lines: list[str]) -> bool:
    """Whether what comes behind the nodes begins another section."""
    return not lines or _SECTION.fullmatch(lines[0]) is not None


def changed(old: Cut, new: Cut) -> list[int] | None:
    """The nodes whose text differs; None when something else differs as well."""
    first, last = old.starts[0], old.starts[-1]
    same_around = (
        old.names == new.names
        and old.lines[:first] == new.lines[: new.starts[0]]
        and old.lines[last:] == new.lines[new.starts[-1] :]
    )
    if not same_around:
        return None
    return [index for index in range(len(old.names)) if old.node(index) != new.node(index)]
