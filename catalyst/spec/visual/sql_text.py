"""The statements of a text of SQL, with `$1` and `params` as values inside of them.

A transaction of the flow language is a list of statements, each with its values as `{{ }}`; the editor has one text
with values by number. Goes in: the text. Comes out: its statements, whose characters keep their places.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from catalyst.diagnostics import Located
from catalyst.spec.visual.code import Code, Hole, code, cut, hole, split_template, text_of

_MARK = re.compile(
    r"""(?P<apart>'(?:''|[^'])*'|"(?:""|[^"])*"|\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$|--[^\n]*|/\*.*?\*/)"""
    r"""|\$(?P<number>\d+)|(?P<end>;)""",
    re.DOTALL,
)
"""What is no plain text of a statement: quoted text and comments, in which nothing counts; values by number; ends."""

_WRITING = re.compile(
    r"\b(?:insert|update|delete|merge|create|alter|drop|truncate|call|copy|grant|revoke|do)\b", re.IGNORECASE
)


def statements(text: Located, value: Callable[[int], Code]) -> list[Code]:
    """The statements of a text without those that are empty; `value` gives the expression that stands for `$n`."""
    found: list[list[Code]] = [[]]
    for part in split_template(text):
        if isinstance(part, Hole):
            found[-1].append(hole(part.inner))
        else:
            _add_text(part, text, value, found)
    joined = [_trimmed(code(*parts)) for parts in found]
    return [parts for parts in joined if _bare(text_of(parts)).strip()]


def _trimmed(parts: Code) -> Code:
    """The pieces without white space around them."""
    if not parts:
        return parts
    first = parts[0]
    lead = len(first.text) - len(first.text.lstrip())
    begun = code((replace(first, text=first.text[lead:], start=first.start + lead),), parts[1:])
    return code(begun[:-1], tuple(replace(piece, text=piece.text.rstrip()) for piece in begun[-1:]))


def _add_text(part: Code, text: Located, value: Callable[[int], Code], found: list[list[Code]]) -> None:
    """Add a stretch without holes to the last statement, and begin another one at each end."""
    (piece,) = part
    kept = 0
    for mark in _MARK.finditer(piece.text):
        if mark["apart"] is not None:
            continue
        found[-1].append(cut(text, piece.start + kept, piece.start + mark.start()))
        kept = mark.end()
        if mark["end"] is not None:
            found.append([])
        else:
            found[-1].append(hole(value(int(mark["number"]))))
    found[-1].append(cut(text, piece.start + kept, piece.start + len(piece.text)))


def writes(text: str) -> bool:
    """Whether a text of SQL may change something, as far as its words tell."""
    return _WRITING.search(_bare(text)) is not None


def _bare(text: str) -> str:
    """The text without what is quoted, without comments and ends."""
    return _MARK.sub(" ", text)
