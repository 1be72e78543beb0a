"""Records as CSV text. What a spreadsheet would take for a formula is made harmless, unless it is asked to stay."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .lists import elements
from .tables import harmless
from .text import text
from .values import soft


def write_csv(
    rows: Iterable[Any],
    columns: Mapping[str, Sequence[str]] | None = None,
    *,
    header: bool = True,
    delimiter: str = ",",
    keep_formulas: bool = False,
) -> str:
    """The rows as text: a line with the names of `columns`, which say what a cell shows, then a line each.

    Without columns there is one for each key that any row has.
    """
    records = elements("csv", rows)
    shown = columns if columns is not None else columns_of(records)
    if not shown:
        return ""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    if header:
        writer.writerow([_cell(name, keep_formulas) for name in shown])
    writer.writerows([_cell(soft(row, *path), keep_formulas) for path in shown.values()] for row in records)
    return out.getvalue()


def columns_of(rows: Iterable[Any]) -> dict[str, Sequence[str]]:
    """A column for each key of the rows, in the order in which they come."""
    return {name: [name] for row in rows if isinstance(row, dict) for name in row}


def _cell(value: Any, keep_formulas: bool) -> str:
    """What a cell shows: empty for none, text by the rules of the language for the rest."""
    if value is None:
        return ""
    shown = text(value)
    return harmless(shown) if isinstance(value, str) and not keep_formulas else shown
