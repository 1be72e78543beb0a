"""Workbooks in and out, held against openpyxl itself, and files that mean no good."""

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from templates.runtime import excel_read
from templates.runtime.errors import FlowError
from templates.runtime.excel_read import SheetForm, read_excel
from templates.runtime.excel_write import Sheet, write_excel
from templates.runtime.tables import Records


class Item(TypedDict):
    id: int
    name: str
    price: float | None


ITEMS: Records[Item] = Records(TypeAdapter(Item), columns=("id", "name", "price"), texts=frozenset(["name"]))
ANYTHING: Records[dict[str, Any]] = Records(TypeAdapter(dict[str, Any]), texts=None)


def made(*rows: list[Any], title: str = "Sheet1") -> bytes:
    workbook = Workbook()
    workbook.active.title = title  # type: ignore[union-attr]
    for row in rows:
        workbook.active.append(row)  # type: ignore[union-attr]
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def test_what_is_written_is_read_again() -> None:
    day = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    rows = [
        {"n": 1, "t": "a", "f": 1.5, "b": True, "d": day},
        {"n": None, "t": "=x", "f": -2, "b": False, "d": day},
        {"n": 10**20, "t": "a\x00b", "f": 0, "b": True, "d": day},
    ]
    found = read_excel(write_excel({"One": Sheet(rows)}), ANYTHING, SheetForm(sheet="One"))
    assert found == [rows[0], {**rows[1], "t": "'=x"}, {**rows[2], "n": str(10**20), "t": "ab"}]


def test_text_is_never_a_formula() -> None:
    for keep in (False, True):
        content = write_excel({"A": Sheet([{"=h": "=1+1"}, {"=h": "@x"}])}, keep_formulas=keep)
        cells = [cell for row in load_workbook(io.BytesIO(content))["A"].iter_rows() for cell in row]
        assert [cell.data_type for cell in cells] == ["s", "s", "s"]
        assert [cell.value for cell in cells] == (["=h", "=1+1", "@x"] if keep else ["'=h", "'=1+1", "'@x"])


def test_cells_become_what_the_type_says() -> None:
    content = made(["id", " name ", "price", "more"], [1.0, 5, None, "x"], [], ["2", "b", "7.5"])
    form = SheetForm(shown=frozenset(["name"]))
    assert read_excel(content, ITEMS, form) == [
        {"id": 1, "name": "5", "price": None},
        {"id": 2, "name": "b", "price": 7.5},
    ]


def test_a_sheet_is_named_or_counted() -> None:
    content = write_excel({"A": Sheet([{"x": 1}]), "B": Sheet([{"x": 2}])})
    assert read_excel(content, ANYTHING, SheetForm(sheet=1)) == [{"x": 2}]
    assert read_excel(content, ANYTHING, SheetForm(sheet="A", header=False, columns=("k",))) == [{"k": "x"}, {"k": 1}]
    for sheet in (2, "C"):
        with pytest.raises(FlowError, match="table") as caught:
            read_excel(content, ANYTHING, SheetForm(sheet=sheet))
        assert caught.value.detail == "the workbook has no such sheet"


def test_what_is_wrong_is_said_with_lines() -> None:
    content = made(["id", "name", "price"], ["x", "a", 1], [1, "a", "much"], [1, "a", 1, "more"])
    with pytest.raises(FlowError) as caught:
        read_excel(content, ITEMS, SheetForm())
    assert [each["place"] for each in caught.value.errors] == ["line 2, id", "line 3, price", "line 4"]
    assert "much" not in str(caught.value.errors)


@pytest.mark.parametrize("content", [b"", b"id,name\n", b"PK\x03\x04nonsense", "bm8=", made(["a"])[:200]])
def test_what_is_no_workbook_is_refused(content: bytes | str) -> None:
    with pytest.raises(FlowError) as caught:
        read_excel(content, ANYTHING, SheetForm())
    assert caught.value.detail == "the file is no Excel workbook (.xlsx), or broken"


def test_a_zip_of_something_else_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(FlowError) as caught:
        read_excel(out.getvalue(), ANYTHING, SheetForm())
    assert caught.value.detail == "the file is no Excel workbook (.xlsx), or broken"


def _with_part(content: bytes, name: str, text: bytes) -> bytes:
    """The workbook with one part in place of its own."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.infolist():
            after.writestr(part.filename, text if part.filename == name else before.read(part))
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(encoding: str) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    content = _with_part(made(["a"]), "xl/worksheets/sheet1.xml", bomb.encode(encoding))
    with pytest.raises(FlowError) as caught:
        read_excel(content, ANYTHING, SheetForm())
    assert "entities" in str(caught.value.detail)


def test_a_bomb_is_not_unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel_read, "MAX_UNPACKED", 1024 * 1024)
    content = _with_part(made(["a"]), "xl/worksheets/sheet1.xml", b" " * 3 * 1024 * 1024)
    assert len(content) < 20_000
    with pytest.raises(FlowError) as caught:
        read_excel(content, ANYTHING, SheetForm())
    assert "unpacked" in str(caught.value.detail)


@pytest.mark.parametrize(
    "data",
    [
        "<row><c>",
        "<row><c><v>no number</v></c></row></sheetData></worksheet>",
        "<row><c t='s'><v>99</v></c></row></sheetData></worksheet>",
        "<row><c><v>1</v></c></row><row><c><v>2</v></c></row>",
    ],
)
def test_a_broken_sheet_is_our_error(data: str) -> None:
    sheet = f"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>{data}"
    with pytest.raises(FlowError) as caught:
        read_excel(_with_part(made(["a"]), "xl/worksheets/sheet1.xml", sheet.encode()), ANYTHING, SheetForm())
    assert caught.value.detail == "the file is no Excel workbook (.xlsx), or broken"


def test_rows_are_bounded() -> None:
    with pytest.raises(FlowError) as caught:
        read_excel(made(["a"], [1], [2], [3]), ANYTHING, SheetForm(max_rows=2))
    assert caught.value.detail == "there are more than 2 rows"
    assert len(read_excel(made(["a"], [1], [2]), ANYTHING, SheetForm(max_rows=2))) == 2


def test_a_cell_is_bounded() -> None:
    with pytest.raises(FlowError) as caught:
        write_excel({"A": Sheet([{"a": "x" * 40_000}])})
    assert "32,767 characters" in str(caught.value.detail)
