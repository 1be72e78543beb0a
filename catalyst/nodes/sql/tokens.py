"""The tokens of SQL, as PostgreSQL and SQLite have them: strings, comments and dollar quotes are whole tokens.

Goes in: a text in which each hole of the flow is one character of its own (`hole_mark`). Comes out: tokens in order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FIRST_MARK = 0xE000
MOST_HOLES = 6_000


def hole_mark(number: int) -> str:
    """The character that stands for a hole; none of the private letters is a part of SQL."""
    return chr(_FIRST_MARK + number)


def hole_number(mark: str) -> int:
    """The hole that a mark stands for."""
    return ord(mark) - _FIRST_MARK


def marks_in(text: str) -> list[int]:
    """The holes in a text."""
    return [hole_number(each) for each in text if _FIRST_MARK <= ord(each) < _FIRST_MARK + MOST_HOLES]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a statement. `kind` is word, quoted, string, number, parameter, hole, operator, comment, open
    (a bracket that was never closed: a quote or a comment) or a punctuation mark itself.
    """

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)

    @property
    def word(self) -> str:
        """A word in small letters; empty for anything else."""
        return self.text.lower() if self.kind == "word" else ""


_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>--[^\n]*)
    | (?P<open_comment>/\*)
    | (?P<dollar>\$(?P<tag>[A-Za-z_]\w*)?\$.*?\$(?(tag)(?P=tag))\$)
    | (?P<parameter>\$\d+)
    | (?P<escaped>[eE]'(?:[^'\\]|\\.|'')*')
    | (?P<string>(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<number>(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)
    | (?P<hole>[\ue000-\uf76f])
    | (?P<word>[^\W\d][\w$]*)
    | (?P<punctuation>[(),;.\[\]])
    | (?P<operator>(?:(?!--|/\*)[-+*/<>=~!@#%^&|`?:])+)
    | (?P<open>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = {"dollar": "string", "escaped": "string", "open_comment": "comment"}


def tokens_of(text: str) -> list[Token]:
    """All tokens but spaces."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None  # the last alternative takes anything
        kind = match.lastgroup or "open"
        kind = "dollar" if kind == "tag" else kind
        if kind == "open_comment":
            end = _comment_end(text, at)
            found.append(Token("comment" if end else "open", text[at : end or len(text)], at))
            at = end or len(text)
            continue
        if kind == "open" and match[0] in "'\"$":
            found.append(Token("open", text[at:], at))
            break
        if kind == "punctuation":
            found.append(Token(match[0], match[0], at))
        elif kind != "space":
            found.append(Token(_KINDS.get(kind, kind), match[0], at))
        at = match.end()
    return found


def _comment_end(text: str, start: int) -> int | None:
    """Where a comment ends; comments nest. None when it does not."""
    depth = 0
    for mark in re.compile(r"/\*|\*/").finditer(text, start):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return None


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def closing(tokens: list[Token], opening: int) -> int:
    """The index of the bracket that closes the one at `opening`; the end when there is none."""
    depth = 0
    for index in range(opening, len(tokens)):
        depth += (tokens[index].kind == "(") - (tokens[index].kind == ")")
        if depth == 0:
            return index
    return len(tokens)


def depths(tokens: list[Token]) -> list[int]:
    """How many round brackets each token stands in."""
    found: list[int] = []
    depth = 0
    for token in tokens:
        depth -= token.kind == ")"
        found.append(depth)
        depth += token.kind == "("
    return found
