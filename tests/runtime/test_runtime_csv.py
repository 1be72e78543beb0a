"""CSV in and out: against the standard library, part by part, and in memory that does not grow with the rows."""

import csv
import io
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from templates.runtime.contents import bytes_of, text_of
from templates.runtime.csv_read import CsvForm, read_csv, read_lists, read_part
from templates.runtime.csv_write import write_csv
from templates.runtime.errors import FlowError
from templates.runtime.tables import Records, harmless


class Item(TypedDict):
    id: int
    name: str


ITEMS: Records[Item] = Records(TypeAdapter(Item), columns=("id", "name"), texts=frozenset(["name"]))
TEXTS: Records[dict[str, str]] = Records(TypeAdapter(dict[str, str]), texts=None)

CELL = st.text(st.sampled_from("ab1 ,;\"'\n\r=+-@é\U0001f600"), max_size=6)


@given(st.lists(st.lists(CELL, min_size=2, max_size=2), max_size=8), st.sampled_from(",;|\t"))
def test_what_is_written_is_read_again(cells: list[list[str]], delimiter: str) -> None:
    rows = [{"a": first, "b": second} for first, second in cells]
    written = write_csv(rows, {"a": ["a"], "b": ["b"]}, delimiter=delimiter, keep_formulas=True)
    assert read_csv(written, TEXTS, CsvForm(delimiter=delimiter)) == rows
    assert read_lists(written, CsvForm(delimiter=delimiter)) == list(
        csv.reader(io.StringIO(written, newline=""), delimiter=delimiter)
    )


@given(st.lists(st.tuples(st.integers(0, 99), CELL), max_size=9), st.integers(1, 5))
def test_parts_are_the_whole(cells: list[tuple[int, str]], size: int) -> None:
    rows = [{"id": id_, "name": name} for id_, name in cells]
    text = write_csv(rows, {"id": ["id"], "name": ["name"]}, keep_formulas=True)
    found: list[Item] = []
    start: int | None = 0
    while start is not None:
        part = read_part(text, ITEMS, CsvForm(), start, size)
        assert len(part.rows) <= size
        found += part.rows
        start = part.next
    assert found == rows == read_csv(text, ITEMS, CsvForm())


def test_lines_are_counted_in_every_part() -> None:
    text = 'id,name\r\n1,"a\nb"\r\n\r\n2,x\r\nx,y\r\n'
    part = read_part(text, ITEMS, CsvForm(), 0, 2)
    with pytest.raises(FlowError) as caught:
        read_part(text, ITEMS, CsvForm(), part.next, 2)
    assert caught.value.errors[0]["place"] == "line 6, id"


def _peak_of_parts(rows: int) -> int:
    """The most memory that reading in parts takes beside the text. Few names: pydantic keeps some thousand texts."""
    text = "id,name\n" + "".join(f"{number},name of {number % 100}\n" for number in range(rows))
    seen, start = 0, 0
    tracemalloc.start()
    try:
        while start is not None:
            part = read_part(text, ITEMS, CsvForm(), start, 500)
            seen, start = seen + len(part.rows), part.next  # type: ignore[assignment]
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        assert seen == rows


def test_memory_does_not_grow_with_the_rows() -> None:
    few, many = _peak_of_parts(1_000), _peak_of_parts(10_000)
    assert many < few * 1.2


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-1+2", "@SUM(A1)", "\tx", "\rx"])
def test_formulas_are_made_harmless(text: str) -> None:
    assert harmless(text) == "'" + text
    assert write_csv([{"a": text}]).splitlines()[1].lstrip('"').startswith("'")


@pytest.mark.parametrize("text", ["", "a=1", "-5", "+3.5", "-1,5", "x", "'=1"])
def test_other_text_stays(text: str) -> None:
    assert harmless(text) == text


def test_a_name_of_a_column_is_no_formula_either() -> None:
    assert write_csv([{"=x": 1}]) == "'=x\r\n1\r\n"


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("id,id,name\n", "two columns"),
        ("id\n1\n", "no column: name"),
        ("", "no column: id, name"),
        ('id,name\n1,"x\n', "line 2 is not CSV"),
        ("id,name\n1,x\n2,y\n3,z\n", "more than 2 rows"),
        ("id,name\n" + "x,y\n" * 500, "line 2, id"),
        ("id,name\n1," + "x" * 200_000 + "\n", "a cell of line 2 is longer than 131,072 characters"),
    ],
)
def test_what_is_wrong_is_said(text: str, detail: str) -> None:
    form = CsvForm(max_rows=2) if "more than" in detail else CsvForm()
    with pytest.raises(FlowError) as caught:
        read_csv(text, ITEMS, form)
    assert detail in str(caught.value.detail)
    assert len(caught.value.errors) <= 100


class Priced(TypedDict):
    price: float
    others: str


@pytest.mark.parametrize("price", ["nan", "inf", "-Infinity", "1e999"])
def test_numbers_are_finite(price: str) -> None:
    records: Records[Priced] = Records(TypeAdapter(Priced), columns=("price", "others"))
    with pytest.raises(FlowError) as caught:
        read_csv(f"price,others\n{price},nan\n", records, CsvForm())
    assert list(caught.value.errors) == [{"place": "line 2, price", "problem": "Input should be a finite number"}]


def test_contents() -> None:
    assert text_of("\ufeffa") == text_of(b"\xef\xbb\xbfa") == text_of({"content": b"a"}) == "a"
    assert text_of(b"\xe9", "latin-1") == "é"
    assert bytes_of("YQ==") == bytes_of(b"a") == bytes_of({"content": b"a"}) == b"a"
    bad: list[Any] = [None, 5, {"content": 5}, []]
    for content in bad:
        with pytest.raises(FlowError, match="should be text, bytes or a file"):
            text_of(content)
    with pytest.raises(FlowError, match="no base64"):
        bytes_of("é")


@pytest.mark.parametrize("rows", [[], [{}, {}]])
def test_no_column_is_no_line(rows: list[object]) -> None:
    assert write_csv(rows) == ""
