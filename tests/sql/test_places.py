"""Where a hole of a statement stands, and the texts that come of it."""

import re

import pytest

from catalyst.expressions.types import DATETIME, INT, NUMBER, STR, Type
from catalyst.nodes.sql.text import SqlText

HOLE = re.compile(r"\{\w+\}")


def read(query: str) -> SqlText:
    pieces = re.split(r"(\{\w+\})", query)
    return SqlText([None if HOLE.fullmatch(piece) else piece for piece in pieces])


def places(query: str) -> str:
    """`v`, `l` or `n` for each hole."""
    return "".join(place[0] for _, place in sorted(read(query).places().items()))


VALUES = [
    "select a from t where b = {x} and (c > {y} or d is not distinct from {z})",
    "select a from t where b ilike {x} escape {y} limit {n} offset {m}",
    "select a from t where b between {x} and {y} and not {z}",
    "select {x} as x, {y}::int, coalesce({z}, 1), case when {a} then {b} else {c} end from t",
    "select {x}",
    "select {x}, {y}",
    "select extract(year from {d}), substring({s} from {n} for {m}), trim(both {c} from {s}) from t",
    "select * from f({x}) join g({y}) on true",
    "select array[{x}, {y}], row({z})",
    "select a from t where b ->> {k} = {v} group by a having count(*) > {n}",
    "select a from t order by a <-> {v}, case when b = {x} then 1 else 2 end",
    "insert into s.t (a, b) values ({x}, {y}) on conflict (a) do update set b = {z} where t.b <> {w}",
    "insert into t select coalesce({x}, a), {y} + 1 from u",
    "insert into t values ({x}, default)",
    "update t set a = {x}, b = b + {y} where id = {z} returning a, {w} as w",
    "delete from t using u where t.a = {x}",
    "with c as (select {x} as x) select * from c where x = {y}",
    "call p({x}, {y})",
    "select a from t where ({x} = '' or a = {y})",
    "select a from t fetch first {n} rows only",
]
NAMES = [
    "{x}",
    "select {x} from t",
    "select a, {x} from t",
    "select distinct {x} from t",
    "select * from {x}",
    "select * from a, {x}",
    "select * from a join {x} on true",
    "select * from s.{x}",
    "select * from {x}.t",
    "select {x}.a from t",
    "select {x}(a) from t",
    "select a as {x} from t",
    "select a from t order by {x}",
    "select a from t order by a, {x} desc limit 1",
    "select a from t order by a {x}",
    "select a, count(*) from t group by {x}",
    "select rank() over (partition by {x}) from t",
    "insert into {x} values (1)",
    "insert into t ({x}) values (1)",
    "insert into t (a, {x}) values (1, 2)",
    "insert into t values (1) on conflict ({x}) do nothing",
    "insert into t values (1) returning {x}",
    "update {x} set a = 1",
    "update t set {x} = 1",
    "update t set a = 1, {x} = 2",
    "delete from {x}",
    "drop table {x}",
    "create index i on t using {x}(a)",
    "select a from t where a > interval {x}",
    "select a from t {x}",
    "select a from t where a = 1 {x}",
    "select a from t limit 5 {x}",
    "select a from t where a {x} 1",
    "select date {x}",
    "select cast(a as {x}) from t",
    "select a from t where b = 'x' {x}",
]


@pytest.mark.parametrize("query", VALUES)
def test_values(query: str) -> None:
    assert set(places(query)) == {"v"}


@pytest.mark.parametrize("query", NAMES)
def test_names(query: str) -> None:
    assert places(query)[-1] == "n"


@pytest.mark.parametrize("query", ["select 1 where a in {x}", "select 1 where a not in ({x})", "select a = any({x})"])
def test_lists(query: str) -> None:
    assert places(query) == "l"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("select '{x}'", 1),
        ("select 'it''s {x}' || E'\\'{y}' || \"a{z}\"", 3),
        ("select $$ {x} $$, $tag$ $$ {y} $tag$", 2),
        ("select 1 -- {x}\n, {y}", 1),
        ("select /* a /* {x} */ {y} */ {z}", 2),
        ("select '--', {x}, '/*', {y}", 0),
    ],
)
def test_holes_in_quotes(query: str, count: int) -> None:
    text = read(query)
    assert text.unclosed() is None
    assert len(text.holes_in_quotes()) == count


@pytest.mark.parametrize("query", ["select 'a", 'select "a', "select $$ a", "select /* a", "select $x$ a $y$"])
def test_what_does_not_end(query: str) -> None:
    assert read(query).unclosed() is not None


@pytest.mark.parametrize(
    ("query", "native", "embedded"),
    [
        ("select a from t where b ilike {x};", "b ilike $1", "b like $1"),
        ("select a from t where b in {x} and c = {y}", "b = any($1) and c = $2", "b in E($1) and c = $2"),
        ("select a from t where b not in ({x})", "b <> all($1)", "b not in E($1)"),
        ("select a from t where b = any({x})", "b = any($1)", "b in E($1)"),
        ("select a from t where b != all ({x})", "b != all ($1)", "b not in E($1)"),
        ("select a from t where b = any($1)", "b = any($1)", "b in E($1)"),
        ("select a from t where b > now()", "b > now()", "b > current_timestamp"),
        ("select a from t where f(b, 1)::numeric(10,2) > 1", "f(b, 1)::numeric(10,2) > 1", "cast(f(b, 1) as real) > 1"),
        ("select a from t where t.b::text = {x}", "t.b::text = $1", "cast(t.b as text) = $1"),
        ("select a from t where (b + 1)::int = 1", "(b + 1)::int = 1", "cast((b + 1) as integer) = 1"),
        ("select a from t where b = 'a::int' -- ::int", "b = 'a::int' -- ::int", "b = 'a::int' -- ::int"),
    ],
)
def test_texts(query: str, native: str, embedded: str) -> None:
    text = read(query)
    lists = frozenset(number for number, place in text.places().items() if place == "list")
    start = "select a from t where "
    elements = embedded.replace("E(", "(select value from json_each(").replace(")", "))", "E(" in embedded)
    assert text.render(lists, {}, ()) == start + native
    assert text.render(lists, {}, (), embedded=True) == start + elements


@pytest.mark.parametrize(
    ("query", "type_", "native"),
    [
        ("select {x} as n, a from t", INT, "select $1::bigint as n, a from t"),
        ("select {x} as n from t", STR, "select $1 as n from t"),
        ("select distinct {x} from t", DATETIME, "select distinct $1::timestamptz from t"),
        ("select {x} + 1 as n, f({x}) as m", INT, "select $1 + 1 as n, f($2) as m"),
        ("select {x}::text || a from t", NUMBER, "select $1::double precision::text || a from t"),
        ("select a from t where b = {x}::int", STR, "select a from t where b = $1::text::int"),
        ("select a from t where b = {x}::int", INT, "select a from t where b = $1::int"),
        ("select a from t where b = any({x}::int[])", STR, "select a from t where b = any($1::int[])"),
        (
            "select case when b then {x} else 0 end as n from t",
            NUMBER,
            "select case when b then $1::numeric else 0 end as n from t",
        ),
        ("insert into t (a) select {x} from u", INT, "insert into t (a) select $1 from u"),
        ("update t set a = {x}, b = b where c > {x}", INT, "update t set a = $1, b = b where c > $2"),
    ],
)
def test_a_value_that_would_be_taken_for_a_text_is_told_its_type(query: str, type_: Type, native: str) -> None:
    assert read(query).render(frozenset(), {}, (type_, type_)) == native


@pytest.mark.parametrize(
    ("query", "reads", "rows", "leaves"),
    [
        ("select 1", True, True, False),
        ("with a as (select 1) select * from a", True, True, False),
        ("with a as (delete from t returning 1) select * from a", False, True, False),
        ("with a as (select 1) insert into t select * from a", False, False, False),
        ("with a as (select 1) insert into t select * from a returning id", False, True, False),
        ("select a into b from c", False, True, False),
        ("select nextval('s')", False, True, True),
        ("select pg_advisory_lock(1)", True, True, True),
        ("select pg_sleep(1)", True, True, False),
        ("insert into t values (1)", False, False, False),
        ("insert into t values (1) returning id", False, True, False),
        ("set role x", False, False, True),
        ("create temp table x (a int)", False, False, True),
        ("call p()", False, False, True),
        ("select 'insert'", True, True, False),
    ],
)
def test_kinds(query: str, reads: bool, rows: bool, leaves: bool) -> None:
    text = read(query)
    assert (text.only_reads, text.gives_rows, text.leaves_something) == (reads, rows, leaves)
