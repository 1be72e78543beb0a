"""The type of a bound value, written behind it where PostgreSQL would take it for a text.

PostgreSQL guesses the type of `$1` from what stands around it, and refuses a number where it has guessed a text. That
is so for a value that stands for itself among the results (`select {{ input.n }} as n`) or in a `case`, and before a
cast (`{{ input.n }}::text`), which it takes for the type of the value.
"""

from __future__ import annotations

from catalyst.expressions.types import BoolType, DateTimeType, FloatType, IntType, NumberType, StrType, Type
from catalyst.nodes.sql.places import clause_of
from catalyst.nodes.sql.tokens import Token, word_set

_TEXTS = word_set("text varchar char character bpchar citext")
_WHOLE = word_set("int int2 int4 int8 integer bigint smallint")
_OTHERS = word_set("float float4 float8 real double bool boolean")
_NAMES: dict[type[Type], str] = {
    IntType: "bigint",
    NumberType: "double precision",
    FloatType: "double precision",
    BoolType: "boolean",
    DateTimeType: "timestamptz",
    StrType: "text",
}
_READ_FROM: dict[str, frozenset[str]] = {
    "bigint": _TEXTS,
    "double precision": _TEXTS | _WHOLE,
    "boolean": _TEXTS | _WHOLE,
    "timestamptz": _TEXTS,
    "text": _WHOLE | _OTHERS,
}
"""Type of a value -> what it may be cast to, where the database has to be told what it is cast from."""


def cast_of(tokens: list[Token], at: int, type_: Type) -> str:
    """What is written behind the hole at an index: `::bigint`, or nothing."""
    name = _NAMES.get(type(type_))
    if name is None:
        return ""
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if after is not None and after.text == "::":
        wanted = tokens[at + 2].word if at + 2 < len(tokens) else ""
        is_list = [token.kind for token in tokens[at + 3 : at + 5]] == ["[", "]"]
        return f"::{name}" if wanted in _READ_FROM[name] and not is_list else ""
    if name == "text":
        return ""
    if tokens[at - 1].word in ("then", "else"):
        return "::numeric" if name == "double precision" else f"::{name}"
    return f"::{name}" if _is_a_result(tokens, at) else ""


def _is_a_result(tokens: list[Token], at: int) -> bool:
    """Whether the hole is all of a column of a result. What is inserted has the type of its column."""
    before, after = tokens[at - 1], tokens[at + 1] if at + 1 < len(tokens) else None
    begins = before.kind == "," or before.word in ("select", "distinct", "all")
    ends = after is None or after.kind in (",", ")", ";") or after.word in ("as", "from", "union", "where")
    is_inserted = any(token.word in ("insert", "merge") for token in tokens)
    return begins and ends and not is_inserted and clause_of(tokens, at)[0] == "select"
