"""`excel`: read a sheet of an Excel workbook into records of a type, or write records as a workbook.

Without a type of record its cells are what the workbook says they are: numbers, texts, points in time. Text is always
written as text, never as a formula, so that `formulas` matters only to whoever copies it on.
"""

import re
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.types import ANY, BYTES, STR, ListType, ObjectType, Type, without_none
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.rows import Rows, has_known_fields
from catalyst.nodes.settings import Expr, Params
from catalyst.nodes.tables import (
    ColumnMap,
    Columns,
    Content,
    TableParams,
    check_columns,
    check_content,
    columns_source,
    content_source,
    form_arguments,
    record_type,
    records_source,
)
from catalyst.spec.fields import exactly_one
from catalyst.spec.problems import Reader, problem

_SHEET = re.compile(r"[^\[\]:*?/\\'\x00-\x1f]{1,31}")


def _read_sheet_name(value: Any) -> str:
    if not isinstance(value, str) or not _SHEET.fullmatch(value):
        help_ = "at most 31 characters, none of [ ] : * ? / \\ '"
        raise problem("E144", "this cannot be the name of a sheet", help=help_)
    return str(value)


def _read_sheet(value: Any) -> str | int:
    """A name, or a place from 0."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1_000:
        return value
    return _read_sheet_name(value)


SheetName = Annotated[str, Reader(_read_sheet_name, {"type": "string", "maxLength": 31})]
SheetChoice = Annotated[str | int, Reader(_read_sheet, {"anyOf": [{"type": "string"}, {"type": "integer"}]})]


class SheetParams(Params):
    """One sheet that is written."""

    rows: Rows = Field(description="Its records.")
    columns: ColumnMap | None = Field(default=None, description="Its columns; by default all fields.")


class ExcelParams(TableParams):
    """Settings of `excel`: `parse`, `write`, or `sheets`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("parse", "write", "sheets"))

    parse: Content | None = Field(
        default=None, description="The workbook (.xlsx) that is read: a file, bytes or base64 text."
    )
    write: Rows | None = Field(
        default=None, description="The records that are written; the output is the file's bytes."
    )
    sheets: dict[SheetName, SheetParams] | None = Field(
        default=None, min_length=1, description="Several sheets that are written: name to `{rows, columns}`."
    )
    sheet: SheetChoice | None = Field(
        default=None,
        description="The sheet that is read, by name or by its place from 0, or the name of the one that is written.",
    )

    @model_validator(mode="after")
    def one_of_three(self) -> Self:
        """Exactly one of `parse`, `write` and `sheets`, and settings that belong to it."""
        if [self.parse, self.write, self.sheets].count(None) != 2:
            raise PydanticCustomError("one_of", "give one of `parse`, `write` and `sheets`")
        if self.parse is None and self.row:
            raise PydanticCustomError("one_of", "`row` is for `parse`")
        if self.sheets is not None and (self.columns or self.sheet is not None):
            raise PydanticCustomError("one_of", "with `sheets` each sheet has its own name and `columns`")
        if self.write is not None and isinstance(self.sheet, int):
            raise PydanticCustomError("one_of", "a sheet that is written has a name")
        if self.parse is not None and self.header and self.columns:
            raise PydanticCustomError("one_of", "`columns` name those of a sheet without a header: `header: false`")
        if self.parse is not None and not (self.header or self.columns or self.row):
            raise PydanticCustomError("one_of", "without a header `columns` or `row` have to name the columns")
        return self

    @property
    def written(self) -> dict[str, tuple[Expr, Columns | None]]:
        """The sheets that are written: rows and columns by name."""
        if self.write is not None:
            return {str(self.sheet or "Sheet1"): (self.write, self.columns)}
        return {name: (sheet.rows, sheet.columns) for name, sheet in (self.sheets or {}).items()}


def output(params: ExcelParams, site: Site) -> Type:
    """Records, or the bytes of a file."""
    if params.parse is None:
        return BYTES
    return ListType(record_type(site, params.row, params.names, cell=ANY))


def check(params: ExcelParams, site: Site) -> None:
    """What is read must be content, what is written must have the columns."""
    if params.parse is not None:
        check_content(site, params.parse, "parse", text=False)
    if params.write is not None:
        check_columns(site, params.write, params.columns, "write")
    for name, sheet in (params.sheets or {}).items():
        check_columns(site, sheet.rows, sheet.columns, "sheets", name, "rows")


def emit(params: ExcelParams, scribe: Scribe) -> None:
    """In a thread: a workbook takes a while, and nobody else should wait for it."""
    to_thread = f"{scribe.use_package('asyncio', '')}.to_thread"
    if params.parse is None:
        scribe.body.line(
            f"return await {to_thread}({scribe.use('excel_write', 'write_excel')}, {_sheets(params, scribe)})"
        )
        return
    assert isinstance(scribe.output, ListType)
    record = scribe.output.item
    source = content_source(params.parse, scribe)
    arguments = f"{source}, {records_source(record, scribe)}, {_form(params, record, scribe)}"
    scribe.body.line(f"return await {to_thread}({scribe.use('excel_read', 'read_excel')}, {arguments})")


def _form(params: ExcelParams, record: Type, scribe: Scribe) -> str:
    arguments = [f"sheet={params.sheet!r}"] if params.sheet is not None else []
    fields = record.fields if isinstance(record, ObjectType) and has_known_fields(record) else ()
    arguments += form_arguments(params, record)
    shown = [name for name, field in fields if without_none(field.type) == STR]
    arguments += [f"shown=frozenset({shown!r})"] if shown else []
    return f"{scribe.use('excel_read', 'SheetForm')}({', '.join(arguments)})"


def _sheets(params: ExcelParams, scribe: Scribe) -> str:
    sheet = scribe.use("excel_write", "Sheet")
    pairs = []
    for name, (rows, columns) in params.written.items():
        shown = columns_source(rows, columns, scribe)
        pairs.append(f"{name!r}: {sheet}({scribe.expr(rows)}{', ' if shown else ''}{shown})")
    options = "" if params.header else ", header=False"
    options += ", keep_formulas=True" if params.formulas == "keep" else ""
    return f"{{{', '.join(pairs)}}}{options}"


NODE: NodeType[Any] = NodeType(
    kind="call",
    params=ExcelParams,
    output=output,
    check=check,
    emit=emit,
    default_timeout=60.0,
    example="""\
catalyst: 1
name: excel_example
types: {Order: {id: integer, region: string, price: "number?"}}
input: {orders: "array<Order>"}
nodes:
  workbook:
    type: excel
    with: {write: "{{ input.orders }}", sheet: Orders, columns: {Number: id, Region: region, Price: price}}
  again:
    type: excel
    with: {parse: "{{ nodes.workbook.output }}"}
    output: "array<{Number: integer, Region: string, Price: number?}>"
  answer:
    type: respond
    needs: [again]
    with:
      headers:
        Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
        Content-Disposition: 'attachment; filename="orders.xlsx"'
      body: "{{ nodes.workbook.output }}"
""",
    example_input={
        "orders": [{"id": 1, "region": "north", "price": 12.5}, {"id": 2, "region": "south", "price": None}]
    },
)
