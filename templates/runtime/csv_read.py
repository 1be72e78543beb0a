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
    for values in table.lines(form.max_rows):
        collector.add(table.line, names, values)
    return collector.done()


def read_part(text: str, records: Records[T], form: CsvForm, start: int | None, size: int) -> Part[T]:
    """At most `size` records from position `start` of the text, as the part before gave it; 0 or None: the first."""
    table = _Table(text, form)
    names = table.names(records)
    if start:
        table.go_to(start)
    collector = Collector(records)
    for values in table.lines(form.max_rows):
        collector.add(table.line, names, values)
        if len(collector.rows) == size:
            break
    return Part(collector.done(), table.position if table.has_more() else None)


def read_lists(text: str, form: CsvForm) -> list[list[str]]:
    """All lines as lists of their cells; a header is a line like any other."""
    return list(_Table(text, form).lines(form.max_rows))


class _Table:
    """Lines of CSV, and where in the text they end."""

    def __init__(self, text: str, form: CsvForm) -> None:
        self.line = 0
        self.position = 0
        self._text = text
        self._form = form
        self._reader = csv.reader(self._text_lines(), delimiter=form.delimiter, quotechar=form.quote, strict=True)

    def names(self, records: Records[T]) -> Sequence[str]:
        """The names of the columns; reads the header when there is one."""
        names: Sequence[str] = self._form.columns
        if self._form.header:
            names = [name.strip() for name in self._next() or []]
        records.check_columns(names)
        return names

    def lines(self, most: int) -> Iterator[list[str]]:
        """The next lines that are not empty. Raises FlowError for more than `most`, and for what is no CSV."""
        for number in range(most + 1):
            values = self._next()
            if values is None:
                return
            if number == most:
                raise bad_table(f"there are more than {most:,} rows")
            yield values

    def _next(self) -> list[str] | None:
        try:
            for values in self._reader:
                if values:
                    return values
        except csv.Error:
            raise bad_table(f"line {self.line} is not CSV") from None
        return None

    def go_to(self, position: int) -> None:
        """Go on at a position that a part before gave."""
        self.line += sum(1 for _ in _LINE_END.finditer(self._text, self.position, position))
        self.position = position

    def has_more(self) -> bool:
        """Whether anything but empty lines is left."""
        return _SOMETHING.search(self._text, self.position) is not None

    def _text_lines(self) -> Iterator[str]:
        """The lines with their ends; a cell in quotes may hold several."""
        while self.position < len(self._text):
            match = _LINE.match(self._text, self.position)
            if match is None:
                return
            self.position = match.end()
            self.line += 1
            yield match[0]
