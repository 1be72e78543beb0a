"""Rows of tables as records of a type: what a CSV file or a sheet holds, cell by cell.

`Records(ORDER, columns=("id", "price"))` makes orders of cells. What is wrong is collected, with line and column, and
raised as one error.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from .errors import FlowError
from .problems import numbers_as_one
from .validation import MAX_PROBLEMS, Invalid, place_of

T = TypeVar("T")

# What a spreadsheet takes for a formula when it opens the file; plain numbers with a sign are harmless.
_FORMULA = re.compile(r"[=+\-@\t\r]")
_SIGNED_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")


@dataclass(frozen=True, slots=True)
class Records(Generic[T]):
    """How cells become records. Empty cells are none, but for `texts`; those of `optional` columns are left out."""

    adapter: TypeAdapter[T]
    columns: tuple[str, ...] = ()
    """What must be there; other columns are for the adapter to take or leave."""
    texts: frozenset[str] | None = frozenset()
    """Columns in which an empty cell is empty text; None for all of them."""
    optional: frozenset[str] = frozenset()

    def check_columns(self, found: Sequence[str]) -> None:
        """Raise FlowError when a column is missing, or two have one name."""
        missing = [name for name in self.columns if name not in found]
        if missing:
            raise bad_table(f"there is no column: {', '.join(missing)}")
        if len(set(found)) != len(found):
            raise bad_table("two columns have the same name")

    def cells(self, names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
        """The cells of a row by name."""
        row: dict[str, Any] = {}
        for name, value in zip(names, values, strict=True):
            if (value is None or value == "") and not (self.texts is None or name in self.texts):
                if name not in self.optional:
                    row[name] = None
            else:
                row[name] = value
        return row


class Collector(Generic[T]):
    """Collects the records of a table, and what is wrong with others; `what` is the word for what makes a record."""

    def __init__(self, records: Records[T], what: str = "line") -> None:
        self._what = what
        self.rows: list[T] = []
        self._records = records
        self._problems: list[Invalid] = []

    def add(self, line: int, names: Sequence[str], values: Sequence[Any]) -> None:
        """Take a row. Raises FlowError once there is too much wrong."""
        if len(names) != len(values):
            self.refuse(line, f"has {len(values)} cells, and there are {len(names)} columns")
            return
        try:
            row = self._records.adapter.validate_python(self._records.cells(names, values))
        except ValidationError as error:
            # Without the input: what is wrong may be shown to anybody.
            found = numbers_as_one(error.errors(include_url=False, include_context=False, include_input=False))
            for each in found:
                self.refuse(line, each["msg"], place_of(each["loc"]))
            return
        # `nan` and `1e999` are numbers to whoever reads text, and to nobody else.
        endless = [name for name, value in row.items() if _is_endless(value)] if isinstance(row, dict) else []
        for name in endless:
            self.refuse(line, "Input should be a finite number", name)
        if not endless:
            self.rows.append(row)

    def refuse(self, line: int, problem: str, column: str = "") -> None:
        """Note what is wrong with a line."""
        place = f"{self._what} {line}, {column}" if column else f"{self._what} {line}"
        self._problems.append({"place": place, "problem": problem})
        if len(self._problems) >= MAX_PROBLEMS:
            self.done()

    def done(self) -> list[T]:
        """The records. Raises FlowError when anything is wrong."""
        if self._problems:
            places = "; ".join(dict.fromkeys(each["place"] for each in self._problems))
            raise bad_table(f"not as declared: {places[:400]}", self._problems)
        return self.rows


def _is_endless(value: object) -> bool:
    if isinstance(value, list):
        return any(map(_is_endless, value))
    return isinstance(value, float) and not isfinite(value)


def bad_table(detail: str, errors: Sequence[Mapping[str, Any]] = ()) -> FlowError:
    """The error for a table that cannot be read."""
    return FlowError(
        "the table cannot be read", kind="invalid_table", status=422, detail=detail, errors=list(errors)[:MAX_PROBLEMS]
    )


def harmless(text: str) -> str:
    """The text, with an apostrophe before it when a spreadsheet would take it for a formula."""
    if _FORMULA.match(text) and not _SIGNED_NUMBER.fullmatch(text):
        return f"'{text}"
    return text
