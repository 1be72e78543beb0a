"""Records as an Excel workbook (.xlsx), a sheet each: `write_excel({"Orders": Sheet(orders)})` gives its bytes.

Text is always written as text, so that none of it becomes a formula; what looks like one gets an apostrophe besides,
for whoever copies it on.
"""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from .csv_write import columns_of
from .lists import elements
from .tables import bad_table, harmless
from .text import text
from .values import soft

MAX_ROWS = 1_048_575
_MAX_TEXT = 32_767
_MAX_EXACT = 10**15
# What XML cannot hold.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows, and what its columns are called and show; without columns there is one for each key of the rows."""

    rows: Iterable[Any]
    columns: Mapping[str, Sequence[str]] | None = None


def write_excel(sheets: Mapping[str, Sheet], *, header: bool = True, keep_formulas: bool = False) -> bytes:
    """The workbook. Raises FlowError of kind `invalid_table` for more than a sheet can hold."""
    # All values are looked at before the first is written: a sheet that breaks off would leave a file behind.
    tables = {name: _table(sheet, header, keep_formulas) for name, sheet in sheets.items()}
    workbook = Workbook(write_only=True)
    for name, table in tables.items():
        target = workbook.create_sheet(name)
        target.freeze_panes = "A2" if header else None
        for values in table:
            target.append([_cell(target, value) for value in values])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _table(sheet: Sheet, header: bool, keep_formulas: bool) -> list[list[Any]]:
    """The values of a sheet, row by row."""
    rows = elements("excel", sheet.rows)
    if len(rows) > MAX_ROWS:
        raise bad_table(f"a sheet holds at most {MAX_ROWS:,} rows")
    columns = sheet.columns if sheet.columns is not None else columns_of(rows)
    names = [[_value(name, keep_formulas) for name in columns]] if header else []
    return names + [[_value(soft(row, *path), keep_formulas) for path in columns.values()] for row in rows]


def _value(value: Any, keep_formulas: bool) -> Any:
    """A number, a truth value or a point in time as such, nothing for none, all else as text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and abs(value) < _MAX_EXACT:
        return value
    if isinstance(value, datetime):
        # The format knows no zones.
        return (value.astimezone(UTC) if value.tzinfo is not None else value).replace(tzinfo=None)
    shown = _CONTROL.sub("", text(value))
    if isinstance(value, str) and not keep_formulas:
        shown = harmless(shown)
    if len(shown) > _MAX_TEXT:
        raise bad_table(f"a cell holds at most {_MAX_TEXT:,} characters")
    return shown


def _cell(target: Any, value: Any) -> Any:
    """The cell; text is marked as such."""
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(target, value=value)
    cell.data_type = "s"
    return cell
