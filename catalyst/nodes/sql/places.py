"""Where the holes of a statement stand: as a value, as the list behind `in`, or where only a name can stand.

A database binds values and nothing else. A bound value in the place of a column would be taken as a text, silently
(`order by $1`), so what is not surely a value's place is reported, with the way out.
"""

from __future__ import annotations

from typing import Literal

from catalyst.nodes.sql.tokens import Token, depths, word_set

Place = Literal["value", "list", "name"]

_BEFORE_A_VALUE = word_set(
    "all and any between both by call case check default distinct else escape except excluding false filter"
    " first for from glob having ilike in intersect is isnull leading like limit match next not notnull null offset on"
    " or over preceding range regexp return returning rows select set similar some symmetric then to trailing true"
    " union using values when where with"
)
"""Words behind which an expression begins."""
_NAMES_FOLLOW = word_set(
    "as collate column constraint copy cursor database desc describe drop execute function index into join listen lock"
    " materialized notify only policy prepare procedure publication role rule savepoint schema sequence subscription"
    " table tablespace temp temporary trigger truncate type unique update user view"
)
_ENDS_AN_ITEM = word_set(
    "asc desc nulls limit offset fetch for having order union except intersect window from where group" " returning"
)


def place_of(tokens: list[Token], at: int) -> Place:
    """The place of the hole at an index of a statement's tokens, comments left out."""
    before = tokens[at - 1] if at else None
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if _is_name(tokens, at, before, after):
        return "name"
    if before is not None and before.word == "in":
        return "list"
    alone = before is not None and after is not None and before.kind == "(" and after.kind == ")"
    if alone and at > 1 and tokens[at - 2].word in ("in", "any", "all", "some"):
        return "list"
    return "value"


def _is_name(tokens: list[Token], at: int, before: Token | None, after: Token | None) -> bool:
    if before is None or (after is not None and after.kind in ("(", ".", "hole")) or before.kind == ".":
        return True
    if before.kind in ("quoted", "string", "number", "parameter", ")", "]", "hole", ";"):
        return True
    if before.word in _NAMES_FOLLOW or (before.kind == "word" and before.word not in _BEFORE_A_VALUE):
        return True
    if before.word == "from":
        return not _is_inside_a_call(tokens, at) and not _is_distinct_from(tokens, at)
    return _is_whole_item(tokens, at, after)


def _is_inside_a_call(tokens: list[Token], at: int) -> bool:
    """`extract(year from x)`: the bracket around belongs to a function and holds no query."""
    depth = depths(tokens)
    opening = next((i for i in range(at - 1, -1, -1) if tokens[i].kind == "(" and depth[i] < depth[at]), None)
    if not opening:
        return False
    return tokens[opening - 1].kind == "word" and tokens[opening + 1].word not in ("select", "with")


def _is_distinct_from(tokens: list[Token], at: int) -> bool:
    return at > 1 and tokens[at - 2].word == "distinct" and any(token.word == "is" for token in tokens[: at - 2][-2:])


def _is_whole_item(tokens: list[Token], at: int, after: Token | None) -> bool:
    """Whether the hole is all of an item that names a column: to sort or group by, to write, to insert or to select."""
    clause, words = clause_of(tokens, at)
    before = tokens[at - 1]
    ends = after is None or after.kind in (",", ")", ";") or after.word in _ENDS_AN_ITEM
    begins = before.kind in (",", "(") or before.word in ("by", "select", "distinct", "set", "returning")
    if clause == "by":
        return begins and ends
    if clause == "set" and begins:
        return after is not None and after.text == "="
    if clause == "into" or (clause == "from" and before.kind == ","):
        return True
    # A bare value among the columns of a table has no name: it is a column that was meant.
    if clause in ("select", "returning") and begins and ends:
        return clause == "returning" or "from" in words
    return False


def clause_of(tokens: list[Token], at: int) -> tuple[str, frozenset[str]]:
    """The clause that a hole stands in, with the words that follow at the same depth.

    The clause is `by`, `set`, `select`, `returning`, `into` (the columns of an insert), or something else.
    """
    depth = depths(tokens)
    own = depth[at]
    later = []
    for index in range(at + 1, len(tokens)):
        if depth[index] < own:
            break
        if depth[index] == own:
            later.append(tokens[index].word)
    for index in range(at - 1, -1, -1):
        if depth[index] < own:
            opening = index
            return ("into" if _opens_columns(tokens, opening) else ""), frozenset(later)
        word = tokens[index].word
        if depth[index] == own and word in (*_CLAUSES, "by", "set", "select", "returning"):
            return word, frozenset(later)
    return "", frozenset(later)


_CLAUSES = ("from", "where", "having", "limit", "offset", "values", "on", "when", "then", "else", "case", "using")


def _opens_columns(tokens: list[Token], opening: int) -> bool:
    """Whether a bracket holds the columns of `insert into table (...)` or of `on conflict (...)`."""
    at = opening - 1
    if at < 0 or tokens[at].kind not in ("word", "quoted"):
        return False
    if tokens[at].word == "conflict":
        return True
    while at > 1 and tokens[at - 1].kind == ".":
        at -= 2
    return at > 0 and tokens[at - 1].word == "into"
