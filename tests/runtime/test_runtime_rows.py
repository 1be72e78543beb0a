"""Grouping, joining and sorting lists of records, with SQLite as the oracle for random rows."""

import sqlite3
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates.runtime.errors import ExpressionError
from templates.runtime.grouping import average_of, count_of, grouped, largest_of, smallest_of, total_of, whole
from templates.runtime.joining import either, inner_join, left_join, merged, outer_join
from templates.runtime.sorting import By, sort_rows

ROW = st.fixed_dictionaries(
    {"k": st.none() | st.integers(0, 4), "t": st.none() | st.sampled_from("abAB"), "n": st.none() | st.integers(-9, 9)}
)
ROWS = st.lists(ROW, max_size=12)
COLUMNS = ("k", "t", "n")


def database(**tables: list[dict[str, Any]]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    for name, rows in tables.items():
        connection.execute(f"create table {name} (at integer, k, t, n)")
        values = [(at, *(row[column] for column in COLUMNS)) for at, row in enumerate(rows)]
        connection.executemany(f"insert into {name} values (?, ?, ?, ?)", values)
    return connection


def as_set(rows: Iterable[tuple[Any, ...]]) -> list[str]:
    return sorted(map(repr, rows))


@given(ROWS)
def test_groups_are_those_of_a_database(rows: list[dict[str, Any]]) -> None:
    sql = "select k, t, count(*), count(n), coalesce(sum(n), 0), avg(n), min(n), max(n) from a group by k, t"
    made = [
        (
            *key,
            len(group),
            count_of(group, "n"),
            total_of(group, "n"),
            average_of(group, "n"),
            smallest_of(group, "n"),
            largest_of(group, "n"),
        )
        for key, group in grouped(rows, ["k"], ["t"])
    ]
    with database(a=rows) as wanted:
        assert as_set(made) == as_set(wanted.execute(sql))


@given(ROWS, ROWS)
def test_joins_are_those_of_a_database(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> None:
    def flat(pairs: Iterable[tuple[Any, Any]]) -> list[str]:
        values = [[row and row[column] for row in pair for column in COLUMNS] for pair in pairs]
        return as_set(map(tuple, values))

    on = "from a {} join b on a.k = b.k and a.t = b.t"
    keys = [["k"], ["t"]]
    with database(a=left, b=right) as wanted:
        for join, how in ((inner_join, "inner"), (left_join, "left"), (outer_join, "full outer")):
            sql = f"select a.k, a.t, a.n, b.k, b.t, b.n {on.format(how)}"
            assert flat(join(left, right, keys, keys)) == as_set(wanted.execute(sql))


@given(ROWS)
def test_the_order_is_that_of_a_database(rows: list[dict[str, Any]]) -> None:
    by_k = By(lambda row: row["k"], descending=True)
    made = sort_rows(rows, by_k, By(lambda row: row["t"], none_first=True, case_sensitive=True))
    with database(a=rows) as wanted:
        found = wanted.execute("select k, t, n from a order by k desc nulls last, t nulls first, at").fetchall()
    assert [tuple(row[column] for column in COLUMNS) for row in made] == found


def test_text_is_ordered_without_regard_to_capitals() -> None:
    assert sort_rows(["b", "A", "a", "B"], By(lambda item: item)) == ["A", "a", "b", "B"]


def test_what_cannot_be_compared_is_our_error() -> None:
    with pytest.raises(ExpressionError, match="cannot compare"):
        sort_rows([{"n": 1}, {"n": "x"}], By(lambda row: row["n"]))
    with pytest.raises(ExpressionError, match="needs numbers"):
        total_of([{"n": "x"}], "n")
    with pytest.raises(ExpressionError, match="needs an array"):
        list(grouped(5, ["n"]))  # type: ignore[arg-type]
    with pytest.raises(ExpressionError, match="needs an array"):
        whole(None)  # type: ignore[arg-type]


def test_true_is_not_one() -> None:
    rows = [{"k": True}, {"k": 1}, {"k": 1.0}, {"k": [1]}, {"k": {"a": 1}}]
    assert [len(group) for _, group in grouped(rows, ["k"])] == [1, 2, 1, 1]
    assert len(list(inner_join(rows, rows, [["k"]], [["k"]]))) == 1 + 4 + 1 + 1


def test_a_join_of_everything_with_everything_is_bounded() -> None:
    rows = [{"k": 1}] * 1_001
    with pytest.raises(ExpressionError, match="1,000,000 rows"):
        list(inner_join(rows, rows, [["k"]], [["k"]]))


def test_rows_without_known_fields_are_merged() -> None:
    assert merged({"a": 1, "b": 2}, {"id": 1, "c": 3}, {"id": "a"}) == {"a": 1, "b": 2, "c": 3}
    assert merged(None, {"id": 1, "c": 3}, {"id": "a"}, "r_") == {"a": 1, "r_c": 3}
    assert merged({"a": 1}, None, {}) == {"a": 1}
    with pytest.raises(ExpressionError, match="same name on both sides"):
        merged({"a": 1}, {"a": 2}, {})
    with pytest.raises(ExpressionError, match="needs objects, not integer"):
        merged(5, None, {})


def test_a_key_comes_from_the_row_that_is_there() -> None:
    assert either({"a": 1}, "a", {"b": 2}, "b") == 1
    assert either(None, "a", {"b": 2}, "b") == 2
