"""CSV text as records: `read_csv(text, ORDERS)`, or part by part with `read_part`, which holds one part in memory."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from .tables import Collector, Records, bad_table

T = TypeVar("T")

_LINE_END = re.compile(r"\r\n?|\n")
_SOMETHING = re.compile(r"\S")
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)?")


@dataclass(frozen=True, slots=True)
class CsvForm:
    """How the text is written. Without a `header` line the columns are `columns`."""

    delimiter: str = ","
    quote: str = '"'
    header: bool = True
    columns: tuple[str, ...] = ()
    max_rows: int = 100_000


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """Some records, and where the next ones begin; None when there are none."""

    rows: list[T]
    next: int | None


def read_csv(text: str, records: Records[T], form: CsvForm) -> list[T]:
    """All records. Raises FlowError of kind `invalid_table` with the lines that are wrong."""
    table = _Table(text, form)
    names = table.names(records)
    collector = Collector(records)
    for values in table.rows():
        collector.add(table.lines.number, names, values)
    return collector.done()


def read_part(text: str, records: Records[T], form: CsvForm, start: int | None, size: int) -> Part[T]:
    """At most `size` records from position `start` of the text, as the part before gave it; 0 or None: the first."""
    table = _Table(text, form)
    names = table.names(records)
    if start:
        table.lines.go_to(start)
    collector = Collector(records)
    for values in table.rows():
        collector.add(table.lines.number, names, values)
        if len(collector.rows) == size:
            break
    return Part(collector.done(), table.lines.position if table.lines.has_more() else None)


def read_lists(text: str, form: CsvForm) -> list[list[str]]:
    """All lines as lists of their cells; a header is a line like any other."""
    return list(_Table(text, form).rows())


class _Lines:
    """The lines of a text with their ends; a cell in quotes may hold several. Knows how far it has been read."""

    def __init__(self, text: str) -> None:
        self.number = 0
        self.position = 0
        self._text = text

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        match = _LINE.match(self._text, self.position)
        if match is None or not match[0]:
            raise StopIteration
        self.position = match.end()
        self.number += 1
        return match[0]

    def go_to(self, position: int) -> None:
        """Go on at a position that a part before gave."""
        self.number += sum(1 for _ in _LINE_END.finditer(self._text, self.position, position))
        self.position = position

    def has_more(self) -> bool:
        """Whether anything but empty lines is left."""
        return _SOMETHING.search(self._text, self.position) is not None


class _Table:
    """Rows of CSV, and where in the text they end."""

    def __init__(self, text: str, form: CsvForm) -> None:
        self.lines = _Lines(text)
        self._form = form
        # The reader holds its lines and not the table: a circle would keep its buffer until somebody collects it.
        self._reader = csv.reader(self.lines, delimiter=form.delimiter, quotechar=form.quote, strict=True)

    def names(self, records: Records[T]) -> Sequence[str]:
        """The names of the columns; reads the header when there is one."""
        names: Sequence[str] = self._form.columns
        if self._form.header:
            names = [name.strip() for name in self._next() or []]
        records.check_columns(names)
        return names

    def rows(self) -> Iterator[list[str]]:
        """The next rows. Raises FlowError for more than the form allows, and for what is no CSV."""
        for number in range(self._form.max_rows + 1):
            values = self._next()
            if values is None:
                return
            if number == self._form.max_rows:
                raise bad_table(f"there are more than {self._form.max_rows:,} rows")
            yield values

    def _next(self) -> list[str] | None:
        """The next line that is not empty."""
        try:
            for values in self._reader:
                if values:
                    return values
        except csv.Error as error:
            if "field limit" in str(error):
                most = f"{csv.field_size_limit():,}"
                raise bad_table(f"a cell of line {self.lines.number} is longer than {most} characters") from None
            raise bad_table(f"line {self.lines.number} is not CSV") from None
        return None
