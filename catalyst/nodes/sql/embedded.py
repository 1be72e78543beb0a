"""What SQLite calls by another name than PostgreSQL, as edits of a text: (start, end, new text).

Only what is the same thing in other words. What SQLite does not have at all stays as it is, and is then reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalyst.nodes.sql.tokens import Token, closing

RawEdit = tuple[int, int, str]

_TYPES = {
    "int": "integer", "int2": "integer", "int4": "integer", "int8": "integer", "bigint": "integer",
    "integer": "integer", "smallint": "integer", "bool": "integer", "boolean": "integer",
    "numeric": "real", "decimal": "real", "real": "real", "float": "real", "float4": "real", "float8": "real",
    "double": "real",
}  # fmt: skip
_MORE_OF_A_TYPE = frozenset({"precision", "varying"})
_NOW = frozenset({"now", "transaction_timestamp", "statement_timestamp", "clock_timestamp"})
_UUIDS = frozenset({"gen_random_uuid", "uuid_generate_v4"})
_RANDOM_UUID = (
    "(lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'"
    " || substr('89ab', 1 + abs(random() % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))"
)


def embedded_edits(tokens: Sequence[Token]) -> Iterator[RawEdit]:
    """For a statement."""
    for index, token in enumerate(tokens):
        if token.word == "ilike":
            yield (token.start, token.end, "like")  # SQLite's own `like` does not look at capitals
        elif token.kind == "operator" and token.text == "::":
            yield from _cast_edits(tokens, index)
        elif token.word == "any" and token.kind == "word":
            yield from _any_edit(tokens, index)
        else:
            yield from common_edits(tokens, index)


def common_edits(tokens: Sequence[Token], index: int) -> Iterator[RawEdit]:
    """What statements and tables have in common: the schema `public`, the time, random ids."""
    token = tokens[index]
    if token.word == "public" and _kind(tokens, index + 1) == ".":
        yield (token.start, tokens[index + 1].end, "")
    is_call = _kind(tokens, index + 1) == "(" and _kind(tokens, index + 2) == ")"
    if is_call and token.word in _NOW:
        yield (token.start, tokens[index + 2].end, "current_timestamp")
    elif is_call and token.word in _UUIDS:
        yield (token.start, tokens[index + 2].end, _RANDOM_UUID)


def elements_of(value: str) -> str:
    """A query for the elements of a list that is bound as JSON."""
    return "(select value from json_each($0))".replace("$0", value)


def _any_edit(tokens: Sequence[Token], index: int) -> Iterator[RawEdit]:
    """`= any($1)`: the elements of a list that is bound as JSON."""
    operator = tokens[index - 1] if index else None
    kinds = [_kind(tokens, index + offset) for offset in (1, 2, 3)]
    if operator is not None and operator.text == "=" and kinds == ["(", "parameter", ")"]:
        yield (operator.start, tokens[index + 3].end, f"in {elements_of(tokens[index + 2].text)}")


def _cast_edits(tokens: Sequence[Token], index: int) -> Iterator[RawEdit]:
    """`x::int` as `cast(x as integer)`."""
    first = _start_of_value(tokens, index - 1)
    last = end_of_type(tokens, index + 1)
    if first is None or last is None:
        return
    wanted = _TYPES.get(tokens[index + 1].word, "text")
    yield (tokens[first].start, tokens[first].start, "cast(")
    yield (tokens[index].start, tokens[last].end, f" as {wanted})")


def end_of_type(tokens: Sequence[Token], index: int) -> int | None:
    """The index of a type's last token; None for what is no single type of SQLite, such as an array."""
    if index >= len(tokens) or tokens[index].kind != "word":
        return None
    while index + 1 < len(tokens) and tokens[index + 1].word in _MORE_OF_A_TYPE:
        index += 1
    if _kind(tokens, index + 1) == "(":
        index = closing(list(tokens), index + 1)
    return None if _kind(tokens, index + 1) == "[" else index


def _start_of_value(tokens: Sequence[Token], index: int) -> int | None:
    """The first token of the value that ends at an index: a name, a number, a text, a call or a bracket."""
    if index < 0:
        return None
    if tokens[index].kind == ")":
        depth = 0
        while index >= 0:
            depth += (tokens[index].kind == ")") - (tokens[index].kind == "(")
            if depth == 0:
                break
            index -= 1
        if index > 0 and tokens[index - 1].kind == "word" and tokens[index - 1].end == tokens[index].start:
            index -= 1
    elif tokens[index].kind not in ("word", "quoted", "string", "number", "parameter", "hole"):
        return None
    while index > 1 and tokens[index - 1].kind == ".":
        index -= 2
    return index


def _kind(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].kind if 0 <= index < len(tokens) else ""
