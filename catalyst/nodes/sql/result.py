"""What a statement gives by `schema.sql`: names and types of the columns of its result; or what is wrong with it.

SQLite prepares the statement, so tables and columns are known to be right. Types come from the columns that the result
names; what an expression gives is known for a few functions, and `any` for the rest.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from catalyst.expressions.types import (
    ANY,
    BOOL,
    INT,
    NUMBER,
    STR,
    FieldType,
    IntType,
    NumberType,
    ObjectType,
    StrType,
    Type,
    may_be_none,
    nullable,
    union,
    without_none,
)
from catalyst.nodes.sql.schema import Column, Schema, column_type, value_type
from catalyst.nodes.sql.text import Edit, applied
from catalyst.nodes.sql.tokens import Token, closing, depths, tokens_of, word_set

_MISSING_TABLE = re.compile(r"no such table: (?:main\.)?(?P<name>.+)")
_MISSING_COLUMN = re.compile(r"no such column: (?P<name>.+)|table (?P<table>.+) has no column named (?P<column>.+)")
_NOT_OF_THE_SCHEMA = re.compile(r"pg_|information_schema|sqlite_|json_")
_NO_COLUMNS = word_set(
    "ctid xmin xmax tableoid current_user session_user user current_role current_schema current_catalog localtime"
    " localtimestamp rowid oid"
)
"""Names that PostgreSQL or SQLite know without a table."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A table or a column that is not in the schema. `word` is how the statement names it."""

    message: str
    word: str
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unchecked:
    """SQLite has no such words; PostgreSQL may. `reason` is what it says."""

    reason: str


_MOST_MISTAKES = 20


def check_statement(schema: Schema, text: str) -> list[Mistake | Unchecked]:
    """What is wrong with a statement; nothing when it fits the schema.

    SQLite names one mistake at a time. A column that is not there is taken out of the way, so that the next is found.
    """
    found: list[Mistake | Unchecked] = []
    connection = schema.database()
    try:
        while len(found) < _MOST_MISTAKES:
            try:
                connection.execute(f"explain {text}", _nothing(text))
                break
            except (sqlite3.Error, sqlite3.Warning) as error:
                problem = _explained(schema, str(error), tokens_of(text))
            if isinstance(problem, Unchecked) and found:
                break  # what was taken out of the way is missing
            found.append(problem)
            shorter = _without(text, problem.word) if isinstance(problem, Mistake) else text
            if shorter == text:
                break
            text = shorter
    finally:
        connection.close()
    return found


def _without(text: str, word: str) -> str:
    """The statement with `null` where a column stood; as it is where that cannot be."""
    tokens = [token for token in tokens_of(text) if token.kind != "comment"]
    at = next((index for index, token in enumerate(tokens) if _name(token) == word.lower()), None)
    if at is None or any(
        token.word in ("from", "join", "into", "update", "set") for token in tokens[max(0, at - 1) : at]
    ):
        return text
    first = at - 2 if at > 1 and tokens[at - 1].kind == "." else at
    return applied(text, [Edit(tokens[first].start, tokens[at].end, "null")])


def _nothing(text: str) -> dict[str, None]:
    """None for every value."""
    return {token.text[1:]: None for token in tokens_of(text) if token.kind == "parameter"}


def _explained(schema: Schema, message: str, tokens: Sequence[Token]) -> Mistake | Unchecked:
    table = _MISSING_TABLE.fullmatch(message)
    column = _MISSING_COLUMN.fullmatch(message)
    if schema.unread or (table is None and column is None):
        line = schema.unread[0][0] if schema.unread else 0
        return Unchecked(f"{message}; line {line} of schema.sql is not known to SQLite" if line else message)
    if table is not None:
        name = table["name"].rpartition(".")[2]
        if _NOT_OF_THE_SCHEMA.match(table["name"]) or "." in table["name"] or _is_called(name, tokens):
            return Unchecked(message)
        return Mistake(f"there is no table `{name}` in schema.sql", name, tuple(sorted(schema.tables)))
    assert column is not None
    name = (column["name"] or column["column"]).rpartition(".")[2]
    if name.lower() in _NO_COLUMNS or _is_called(name, tokens):
        return Unchecked(message)
    tables = _tables_of(schema, tokens)
    known = tuple(dict.fromkeys(each.name for table_name in tables for each in schema.tables[table_name]))
    where = f"table `{tables[0]}`" if len(tables) == 1 else "these tables"
    return Mistake(f"there is no column `{name}` in {where}", name, known)


def _is_called(name: str, tokens: Sequence[Token]) -> bool:
    """Whether it stands before a bracket: a function that gives rows."""
    return any(a.word == name.lower() and b.kind == "(" for a, b in pairwise(tokens))


def _tables_of(schema: Schema, tokens: Sequence[Token]) -> list[str]:
    """The tables of the schema that the statement names."""
    return list(dict.fromkeys(_name(token) for token in tokens if _name(token) in schema.tables))


def _name(token: Token) -> str:
    """A word or a name in quotes, in small letters."""
    return token.text.strip('"').lower() if token.kind in ("word", "quoted") else ""


def result_type(schema: Schema, text: str) -> ObjectType | None:
    """The type of a row; None when the statement gives none, or nothing is known of it.

    Columns without a name of their own are called one thing by PostgreSQL and another by SQLite, and so are names that
    PostgreSQL writes in small letters: then nothing is known of the row.
    """
    row = _row_type(schema, text)
    return row if row is not None and all(_COMMON_NAME.fullmatch(name) for name, _ in row.fields) else None


def first_type(schema: Schema, text: str) -> Type:
    """The type of the first column of the only row, `any` where it is not known."""
    row = _row_type(schema, text)
    return row.fields[0][1].type if row is not None and row.fields else ANY


_COMMON_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def _row_type(schema: Schema, text: str) -> ObjectType | None:
    """The type of a row with the names that SQLite gives."""
    tokens = [token for token in tokens_of(text) if token.kind != "comment"]
    returning = next((index for index, token in enumerate(tokens) if token.word == "returning"), None)
    if returning is not None:
        return _returned(schema, tokens, returning)
    columns = _columns(schema, text)
    if columns is None:
        return None
    items = _Items(schema, tokens)
    fields = [
        (name, FieldType(items.type_of(name, number, declared))) for number, (name, declared) in enumerate(columns)
    ]
    return ObjectType(tuple(dict(fields).items()))


def _columns(schema: Schema, text: str) -> list[tuple[str, str]] | None:
    """Names of the result and the types that SQLite knows of them, by making a view of the statement."""
    tokens = tokens_of(text)
    plain = applied(text, [Edit(token.start, token.end, "null") for token in tokens if token.kind == "parameter"])
    connection = schema.database()
    try:
        # The author's own statement, asked in an empty database that nobody else has.
        asked = f"select * from ({text}) limit 0"  # noqa: S608
        names = [each[0] for each in connection.execute(asked, _nothing(text)).description]
        connection.execute(f"create temp view catalyst_result as {plain}")
        rows = connection.execute("select name, type from pragma_table_info('catalyst_result')").fetchall()
    except (sqlite3.Error, sqlite3.Warning):
        return None
    finally:
        connection.close()
    return [(name, declared) for name, (_, declared) in zip(names, rows, strict=True)]


def _returned(schema: Schema, tokens: Sequence[Token], at: int) -> ObjectType | None:
    """The columns that a change gives back, when they are columns of its table and nothing else."""
    into = next((i for i, token in enumerate(tokens) if token.word in ("into", "update", "from")), None)
    name = _name(tokens[into + 1]) if into is not None and into + 1 < at else ""
    table = {column.name.lower(): column for column in schema.tables.get(name, ())}
    wanted: list[Column] = []
    for item in _split(tokens[at + 1 :]):
        plain = _without_name(item)
        if len(item) == 1 and item[0].text == "*":
            wanted += table.values()
        elif len(plain) == 1 and _name(plain[0]) in table:
            column = table[_name(plain[0])]
            wanted.append(column if plain is item else replace(column, name=_name(item[-1])))
        else:
            return None
    return ObjectType(tuple((column.name, FieldType(value_type(column))) for column in wanted)) if wanted else None


def _split(tokens: Sequence[Token]) -> list[list[Token]]:
    """The items between commas, at the outermost level."""
    items: list[list[Token]] = [[]]
    for token, depth in zip(tokens, depths(list(tokens)), strict=True):
        if token.kind == "," and depth == 0:
            items.append([])
        elif token.kind != ";":
            items[-1].append(token)
    return items


_SETS = frozenset({"union", "intersect", "except", "with", "values"})
_TOTALS = frozenset({"sum", "avg", "min", "max"})
_COUNTS = frozenset({"count", "row_number", "rank", "dense_rank", "ntile"})


class _Items:
    """What stands between `select` and `from`, where a statement is plain enough to say which item is which."""

    def __init__(self, schema: Schema, tokens: Sequence[Token]) -> None:
        depth = depths(list(tokens))
        top = [token for token, level in zip(tokens, depth, strict=True) if level == 0]
        self.is_plain = bool(top) and top[0].word == "select" and not any(token.word in _SETS for token in top)
        end = next((i for i, t in enumerate(tokens) if depth[i] == 0 and t.word == "from"), len(tokens))
        self.items = _split([token for token in tokens[1:end] if token.word not in ("distinct",)])
        self.has_stars = any(item and item[-1].text in ("*",) for item in self.items)
        self.sources = _sources(schema, tokens[end:]) if self.is_plain else {}
        self.schema = schema

    def type_of(self, name: str, number: int, declared: str) -> Type:
        """The type of a column of the result; `any` for what is not surely known."""
        if not self.is_plain:
            return ANY
        if self.has_stars:
            return self._of_column("", name) if declared else ANY
        item = self.items[number] if number < len(self.items) else []
        return self._of_item(_without_name(item), declared)

    def _of_item(self, item: list[Token], declared: str) -> Type:
        if len(item) == 1 and _name(item[0]):
            return self._of_column("", _name(item[0]))
        if len(item) == 3 and item[1].kind == ".":
            return self._of_column(_name(item[0]), _name(item[2]))
        if len(item) == 1:
            return {"string": STR, "number": NUMBER if "." in item[0].text else INT}.get(item[0].kind, ANY)
        if not item or item[-1].kind != ")":
            return ANY
        if item[0].word in _COUNTS and closing(item, 1) == len(item) - 1:
            return INT
        if item[0].word == "exists":
            return BOOL
        if item[0].word in _TOTALS and closing(item, 1) == len(item) - 1:
            return self._of_total(item[0].word, self._of_item(item[2:-1], ""))
        if item[0].word == "coalesce" and closing(item, 1) == len(item) - 1:
            return self._of_first([self._of_item(each, "") for each in _split(item[2:-1])])
        if item[0].word == "cast" and item[-3].word == "as":
            # What is cast may be none, and nothing else is known of it.
            known = column_type(item[-2].text)
            return ANY if known == ANY else nullable(known)
        return ANY

    def _of_total(self, word: str, type_: Type) -> Type:
        """`sum`, `avg`, `min` and `max` of a column; none where there are no rows."""
        plain = without_none(type_)
        if word in ("sum", "avg") and isinstance(plain, StrType):
            return ANY
        return nullable(NUMBER if word == "avg" else plain) if _keeps_its_type(plain) else ANY

    def _of_first(self, types: list[Type]) -> Type:
        """`coalesce`: none only where all of them are."""
        known = union(*map(without_none, types))
        if not _keeps_its_type(known):
            return ANY
        return nullable(known) if all(map(may_be_none, types)) else known

    def _of_column(self, source: str, name: str) -> Type:
        found = [
            (column, outer)
            for alias, (columns, outer) in self.sources.items()
            if source in ("", alias)
            for column in columns
            if column.name.lower() == name.lower()
        ]
        if len(found) != 1:
            return ANY
        column, outer = found[0]
        return nullable(column.type) if outer else value_type(column)


def _keeps_its_type(type_: Type) -> bool:
    """Whether SQLite, too, gives such values out of an expression; points in time and booleans it does not."""
    return isinstance(type_, IntType | NumberType | StrType)


def _without_name(item: list[Token]) -> list[Token]:
    """An item without `as name`."""
    if len(item) > 2 and item[-2].word == "as":
        return item[:-2]
    return item


_JOINS = frozenset({"join", "left", "right", "full", "inner", "cross", "outer", "natural"})
_AFTER = frozenset({"on", "using", "where", "group", "having", "order", "limit", "offset", "window", "for", "fetch"})


def _sources(schema: Schema, tokens: Sequence[Token]) -> dict[str, tuple[tuple[Column, ...], bool]]:
    """The tables behind `from` by the name they have there, and whether their columns may all be none.

    Empty when there is anything else, such as a query in brackets.
    """
    found: dict[str, tuple[tuple[Column, ...], bool]] = {}
    kind = ""
    depth = depths(list(tokens))
    for index, token in enumerate(tokens):
        if depth[index] or (token.word not in ("from", "join") and token.kind != ","):
            if depth[index] == 0 and token.word in ("left", "right", "full"):
                kind = token.word
            if depth[index] == 0 and token.word in _AFTER - {"on", "using"}:
                break
            continue
        source = _source(schema, tokens[index + 1 :])
        if source is None:
            return {}
        alias, columns = source
        if kind in ("right", "full"):
            found = {name: (each, True) for name, (each, _) in found.items()}
        found[alias] = (columns, kind in ("left", "full"))
        kind = ""
    return found


def _source(schema: Schema, tokens: Sequence[Token]) -> tuple[str, tuple[Column, ...]] | None:
    """(its name in the statement, its columns) of the table that begins here."""
    if tokens and tokens[0].word == "only":
        tokens = tokens[1:]
    if not tokens or _name(tokens[0]) not in schema.tables:
        return None
    rest = [token for token in tokens[1:3] if token.word != "as"]
    own = _name(rest[0]) if rest else ""
    is_alias = bool(own) and own not in _JOINS and own not in _AFTER
    return (own if is_alias else _name(tokens[0])), schema.tables[_name(tokens[0])]
