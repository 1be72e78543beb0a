"""`schema.sql` as an SQLite database in memory: what its tables are, and whether a statement fits them.

Goes in: the text of the file. Comes out: a `Schema`, with what SQLite could not read left out; statements are then
never said to be wrong because of a table that might be there.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from catalyst.expressions.types import (
    ANY,
    BOOL,
    BYTES,
    DATETIME,
    INT,
    NUMBER,
    STR,
    StrType,
    Type,
    nullable,
)
from catalyst.nodes.sql.embedded import RawEdit, common_edits, end_of_type
from catalyst.nodes.sql.text import Edit, applied
from catalyst.nodes.sql.tokens import Token, closing, tokens_of, word_set

_SERIAL = frozenset({"bigserial", "serial", "smallserial", "serial4", "serial8"})
_WHOLE = frozenset({"int", "int2", "int4", "int8", "bigint", "integer", "smallint"})
_IRRELEVANT = word_set("analyze begin comment commit do drop grant lock notify revoke set select truncate vacuum with")
"""Statements that make no table."""
_MADE = frozenset({"table", "view", "index"})
_BEFORE_A_NAME = word_set("if not exists temp temporary unique")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    type: Type
    may_be_null: bool


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of a `schema.sql`."""

    statements: tuple[str, ...]
    """What makes them in SQLite."""
    tables: dict[str, tuple[Column, ...]]
    unread: tuple[tuple[int, str], ...]
    """(line, why) of what makes tables and could not be read."""

    def database(self) -> sqlite3.Connection:
        """An empty database with these tables."""
        connection = sqlite3.connect(":memory:", isolation_level=None)
        for statement in self.statements:
            connection.execute(statement)
        return connection


@lru_cache(maxsize=16)
def read_schema(text: str) -> Schema:
    """The tables that the text makes."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    kept: list[str] = []
    unread: list[tuple[int, str]] = []
    enums: dict[str, tuple[str, ...]] = {}
    try:
        for tokens in _statements(tokens_of(text)):
            words = [token.word for token in tokens]
            if words[:2] == ["create", "type"] and "enum" in words:
                enums[tokens[2].text.lower()] = tuple(_unquoted(each.text) for each in tokens if each.kind == "string")
                continue
            line = text.count("\n", 0, tokens[0].start) + 1
            source = _embedded(text, tokens)
            problem = _run(connection, source)
            if problem is None:
                kept.append(source)
            elif _makes_tables(words):
                unread.append((line, problem))
        return Schema(tuple(kept), dict(_tables(connection, enums)), tuple(unread))
    finally:
        connection.close()


def united(files: Iterable[Sequence[str]]) -> list[str]:
    """The statements of several files for one database; what stands in more than one of them is done once."""
    found: dict[tuple[str, ...], str] = {}
    for statements in files:
        for each in statements:
            found.setdefault(_words(each), each)
    return list(found.values())


def made_otherwise(one: Schema, other: Schema) -> str | None:
    """A table, view or index that two files make in different words, so that they cannot be of one database."""
    known = {name: _words(each) for each in one.statements if (name := _made_by(each))}
    given = ((_made_by(each), _words(each)) for each in other.statements)
    return next((name for name, words in given if name in known and known[name] != words), None)


def _words(statement: str) -> tuple[str, ...]:
    """A statement whatever its spaces, comments and capitals."""
    return tuple(token.word or token.text for token in tokens_of(statement) if token.kind != "comment")


def _made_by(statement: str) -> str | None:
    """The name of what a statement makes."""
    tokens = [token for token in tokens_of(statement) if token.kind != "comment" and token.word not in _BEFORE_A_NAME]
    is_made = [token.word for token in tokens[:1]] == ["create"]
    return tokens[2].text.strip('"').lower() if is_made and len(tokens) > 2 and tokens[1].word in _MADE else None


def _statements(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    current: list[Token] = []
    for token in tokens:
        if token.kind == ";":
            if current:
                yield current
            current = []
        elif token.kind != "comment":
            current.append(token)
    if current:
        yield current


def _makes_tables(words: Sequence[str]) -> bool:
    """Whether tables or columns may be missing without the statement; an index or a constraint makes none."""
    if words[0] in ("create", "alter"):
        what = next((word for word in words if word in ("table", "view", "function", "index", "extension")), "")
        return what in ("table", "view") and words[:4].count("constraint") == 0 and "constraint" not in words[3:5]
    return False


def _run(connection: sqlite3.Connection, statement: str) -> str | None:
    """Run it; gives what SQLite says against it. Only what makes or fills tables is run."""
    word = statement.split(None, 1)[0].lower() if statement.split() else ""
    if word in _IRRELEVANT:
        return "it makes no table"
    if word not in ("create", "alter", "insert", "update", "delete"):
        return "SQLite has no such statement"
    try:
        connection.execute(statement)
        # A view is looked at when it is asked, not when it is made.
        connection.execute("select count(*) from sqlite_master m, pragma_table_info(m.name)")
    except (sqlite3.Error, sqlite3.Warning) as error:
        return str(error)
    return None


def _embedded(text: str, tokens: list[Token]) -> str:
    """A statement in the words of SQLite."""
    edits: list[RawEdit] = []
    for index, token in enumerate(tokens):
        edits += common_edits(tokens, index)
        if token.word in _SERIAL or (token.word in _WHOLE and _is_the_key(tokens, index)):
            edits.append((token.start, token.end, "integer"))
        elif token.word == "generated":
            edits += _identity_edit(tokens, index)
        elif token.kind == "operator" and token.text == "::":
            edits += _cast_edit(tokens, index)
        elif token.kind == "[" and index and tokens[index - 1].kind in ("word", ")"):
            edits += _array_edit(tokens, index)
    return applied(text[: tokens[-1].end], [Edit(*each) for each in edits])[tokens[0].start :].strip()


def _is_the_key(tokens: list[Token], index: int) -> bool:
    """Whether a whole number is made by the database, which SQLite does for `integer primary key` only."""
    words = [token.word for token in tokens[index + 1 : index + 9]]
    return (
        words[:2] == ["primary", "key"] or words[:4] == ["not", "null", "primary", "key"] or words[:1] == ["generated"]
    )


def _identity_edit(tokens: list[Token], index: int) -> Iterator[RawEdit]:
    """`generated always as identity`: what SQLite does with a primary key anyway."""
    words = [token.word for token in tokens[index : index + 6]]
    if "identity" not in words:
        return
    last = index + words.index("identity")
    if last + 1 < len(tokens) and tokens[last + 1].kind == "(":
        last = closing(tokens, last + 1)
    yield (tokens[index].start, tokens[last].end, "")


def _cast_edit(tokens: list[Token], index: int) -> Iterator[RawEdit]:
    """`'{}'::text[]`: a default needs no cast."""
    last = end_of_type(tokens, index + 1)
    if last is None and [token.kind for token in tokens[index + 1 : index + 4]] == ["word", "[", "]"]:
        last = index + 3
    if last is not None:
        yield (tokens[index].start, tokens[last].end, "")


def _array_edit(tokens: list[Token], index: int) -> Iterator[RawEdit]:
    """`text[]`: a list is kept as JSON."""
    if index + 1 < len(tokens) and tokens[index + 1].kind == "]" and tokens[index - 1].kind == "word":
        yield (tokens[index - 1].start, tokens[index + 1].end, "json")
        given = next((i for i in range(index, len(tokens)) if tokens[i].kind == "," or tokens[i].word == "default"), 0)
        if given and given + 1 < len(tokens) and tokens[given + 1].kind == "string":
            yield (tokens[given + 1].start, tokens[given + 1].end, _as_json_list(tokens[given + 1].text))


def _as_json_list(text: str) -> str:
    """`'{a,1}'`, a list as PostgreSQL writes it, as JSON; as it is where it is more than plain words and numbers."""
    items = text[2:-2].split(",") if text[1:2] == "{" and text[2:-2] else []
    if text[1:2] != "{" or not all(re.fullmatch(r"[\w. -]+", item) for item in items):
        return text
    return f"'{json.dumps([_item(item.strip()) for item in items], ensure_ascii=False)}'"


def _item(text: str) -> object:
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text) if "." in text else int(text)
    return None if text.lower() == "null" else text


def _tables(
    connection: sqlite3.Connection, enums: dict[str, tuple[str, ...]]
) -> Iterator[tuple[str, tuple[Column, ...]]]:
    names = connection.execute("select name, type from sqlite_master where type in ('table', 'view')").fetchall()
    for name, kind in names:
        rows = connection.execute('select name, type, "notnull", pk from pragma_table_info(?)', (name,)).fetchall()
        yield name.lower(), tuple(
            Column(column, ANY if kind == "view" else column_type(declared, enums), not (not_null or key))
            for column, declared, not_null, key in rows
        )


_TYPES: dict[str, Type] = {
    **dict.fromkeys(("int", "int2", "int4", "int8", "bigint", "integer", "smallint"), INT),
    **dict.fromkeys(("bool", "boolean"), BOOL),
    **dict.fromkeys(("text", "varchar", "char", "character", "bpchar", "citext", "uuid", "clob"), STR),
    **dict.fromkeys(("date", "time", "timetz", "interval", "inet", "cidr", "xml", "name"), STR),
    **dict.fromkeys(("timestamp", "timestamptz", "datetime"), DATETIME),
    **dict.fromkeys(("numeric", "decimal", "real", "float", "float4", "float8", "double"), NUMBER),
    **dict.fromkeys(("bytea", "blob"), BYTES),
}


def column_type(declared: str, enums: dict[str, tuple[str, ...]] | None = None) -> Type:
    """The type of values of a column that is declared so; `any` for JSON and what is not known."""
    word = declared.partition("(")[0].strip().lower()
    if enums and word in enums:
        return StrType(enums[word]) if enums[word] else STR
    return _TYPES.get(word.split(None, 1)[0] if word else "", ANY)


def value_type(column: Column) -> Type:
    """The type of its values, none included."""
    return nullable(column.type) if column.may_be_null else column.type


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'")
