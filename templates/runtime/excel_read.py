"""Sheets of an Excel workbook (.xlsx) as records. The file comes from outside, so it is looked through first.

A workbook is a zip archive of XML. One that would unfold to more than `MAX_UNPACKED`, or that declares entities, is
refused. Formulas are never calculated; a cell that has one shows what it showed when it was saved.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from openpyxl import load_workbook

from .contents import bytes_of, declares_entities
from .tables import Collector, Records, bad_table
from .text import text

T = TypeVar("T")

MAX_UNPACKED = 256 * 1024 * 1024
MAX_FILES = 2_000
_CHUNK = 1024 * 1024
_ZIP = (zipfile.BadZipFile, zlib.error)
# The longest mark of an entity is shorter.
_OVERLAP = 64


@dataclass(frozen=True, slots=True)
class SheetForm:
    """Which sheet, by name or by its place from 0, and whether its first row names the columns."""

    sheet: str | int = 0
    header: bool = True
    columns: tuple[str, ...] = ()
    shown: frozenset[str] = frozenset()
    """Columns that are text: a number in them is taken as it is shown."""
    max_rows: int = 100_000


def read_excel(content: Any, records: Records[T], form: SheetForm) -> list[T]:
    """All records of a sheet. Raises FlowError of kind `invalid_table` with the lines that are wrong."""
    rows = _rows(bytes_of(content), form)
    names: Sequence[str] = form.columns
    if form.header:
        names = [str(name).strip() if name is not None else "" for name in next(rows, (0, []))[1]]
    records.check_columns(names)
    collector = Collector(records)
    for line, values in rows:
        cells = [_cell(value) for value in values] + [None] * (len(names) - len(values))
        shown = [_shown(value) if name in form.shown else value for name, value in zip(names, cells, strict=False)]
        collector.add(line, names, shown + cells[len(names) :])
    return collector.done()


def _rows(content: bytes, form: SheetForm) -> Iterator[tuple[int, list[Any]]]:
    """The rows that are not empty, each with its number, without the empty cells at their ends."""
    _look_through(content)
    with _no_workbook():
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        found = 0
        for line, row in enumerate(_read(_sheet(workbook, form.sheet)), 1):
            values = list(row)
            while values and values[-1] is None:
                values.pop()
            if not values:
                continue
            found += 1
            if found > form.max_rows + form.header:
                raise bad_table(f"there are more than {form.max_rows:,} rows")
            yield line, values
    finally:
        workbook.close()


def _read(sheet: Any) -> Iterator[Sequence[Any]]:
    """The rows of a sheet, which is read as it goes."""
    rows = sheet.iter_rows(values_only=True)
    while True:
        with _no_workbook():
            row = next(rows, None)
        if row is None:
            return
        yield row


@contextmanager
def _no_workbook() -> Iterator[None]:
    """What a broken workbook leads to in the library has many names."""
    try:
        yield
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, OSError, EOFError, SyntaxError, *_ZIP):
        raise bad_table("the file is no Excel workbook (.xlsx), or broken") from None


def _sheet(workbook: Any, sheet: str | int) -> Any:
    names = workbook.sheetnames
    if isinstance(sheet, int) and sheet < len(names):
        sheet = names[sheet]
    if sheet not in names:
        raise bad_table("the workbook has no such sheet")
    found = workbook[sheet]
    found.reset_dimensions()  # what a file says of its own size need not be true
    return found


def _look_through(content: bytes) -> None:
    """Refuse what is no workbook, unfolds without end, or declares entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_FILES:
                raise bad_table("the workbook holds too many files")
            # What an archive says of the size of its parts need not be true, but no more than that is ever read.
            if sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise bad_table(f"the workbook is larger than {MAX_UNPACKED:,} bytes when it is unpacked")
            for part in parts:
                _look_into(archive, part)
    except (NotImplementedError, RuntimeError, OSError, EOFError, *_ZIP):
        raise bad_table("the file is no Excel workbook (.xlsx), or broken") from None


def _look_into(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Refuse a part that declares entities."""
    before = b""
    with archive.open(part) as opened:
        while chunk := opened.read(_CHUNK):
            if declares_entities(before + chunk):
                raise bad_table("the workbook declares entities, which no Excel workbook does")
            before = chunk[-_OVERLAP:]


def _cell(value: Any) -> Any:
    """A cell as a value of the language: points in time have a zone, UTC where the file has none."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _shown(value: Any) -> Any:
    """A number, a truth value or a point in time as text; text and nothing as they are."""
    return value if value is None or isinstance(value, str) else text(value)
