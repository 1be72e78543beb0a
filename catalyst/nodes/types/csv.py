"""`csv`: read CSV text into records of a type, or write records as CSV.

Without a type of record all cells are text. With `batch` in a `loop` a large table is read part by part; the rows of
one part are in memory at a time. What is written is one text; a flow that sends many rows makes a text of each page of
them and sends it with an `event`.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.types import INT, STR, FieldType, ListType, ObjectType, Type, nullable
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.rows import Rows, has_known_fields
from catalyst.nodes.settings import Expr, Slot
from catalyst.nodes.tables import (
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


class CsvParams(TableParams):
    """Settings of `csv`: `parse` or `write`, which gives text, and how that is written."""

    model_config = ConfigDict(json_schema_extra=exactly_one("parse", "write"))

    parse: Content | None = Field(default=None, description="What is read: text, bytes or a file.")
    write: Rows | None = Field(default=None, description="The records that are written; the output is text.")
    delimiter: str = Field(default=",", min_length=1, max_length=1, description="What stands between cells, one sign.")
    quote: str = Field(default='"', min_length=1, max_length=1, description="What stands around cells, when reading.")
    encoding: Literal["utf-8", "utf-16", "latin-1", "cp1252"] = Field(
        default="utf-8", description="How bytes are read as text."
    )
    batch: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        default=None,
        description=(
            "Read at most this many rows at a time. The output is `{rows, next}`; `next` is the `from` of the next "
            "part, none after the last one."
        ),
    )
    from_: Annotated[Expr, Slot(nullable(INT))] | None = Field(
        default=None, alias="from", description="Where a part begins: the `next` of the one before, 0 at first."
    )

    @model_validator(mode="after")
    def one_of_two(self) -> Self:
        """Exactly one of `parse` and `write`, and no setting of the other one."""
        if (self.parse is None) == (self.write is None):
            raise PydanticCustomError("one_of", "give either `parse` or `write`")
        if self.write is not None and (self.row or self.batch or self.from_):
            raise PydanticCustomError("one_of", "`row`, `batch` and `from` are for `parse`")
        if self.parse is not None and self.header and self.columns:
            raise PydanticCustomError("one_of", "`columns` name those of a text without a header line: `header: false`")
        if self.delimiter == self.quote or {self.delimiter, self.quote} & set("\r\n"):
            raise PydanticCustomError("one_of", "`delimiter` and `quote` are two signs, and no line ends")
        if self.from_ is not None and self.batch is None:
            raise PydanticCustomError("one_of", "`from` needs `batch`: how many rows a part has")
        return self


def output(params: CsvParams, site: Site) -> Type:
    """Records, a part of them, lists of cells where nothing names the columns, or text."""
    if params.write is not None:
        return STR
    record = record_type(site, params.row, () if params.header else params.names)
    if _is_plain(params, record):
        return ListType(ListType(STR))
    rows = ListType(record)
    if params.batch is None:
        return rows
    return ObjectType((("rows", FieldType(rows)), ("next", FieldType(nullable(INT)))))


def _is_plain(params: CsvParams, record: Type) -> bool:
    """Whether nothing names the columns, so that a row is a list of cells."""
    return not params.header and not has_known_fields(record)


def check(params: CsvParams, site: Site) -> None:
    """What is read must be content, what is written must have the columns."""
    if params.parse is not None:
        check_content(site, params.parse, "parse", text=True)
    if params.write is not None:
        check_columns(site, params.write, params.columns, "write")


def emit(params: CsvParams, scribe: Scribe) -> None:
    """In a thread: a large text takes a while, and nobody else should wait for it."""
    to_thread = f"{scribe.use_package('asyncio', '')}.to_thread"
    if params.write is not None:
        arguments = ", ".join(_written(params, params.write, scribe))
        scribe.body.line(f"return await {to_thread}({scribe.use('csv_write', 'write_csv')}, {arguments})")
        return
    assert params.parse is not None
    encoding = "" if params.encoding == "utf-8" else f", {params.encoding!r}"
    text = f"{scribe.use('contents', 'text_of')}({content_source(params.parse, scribe)}{encoding})"
    record = _record_of(scribe.output, params)
    form = _form(params, record, scribe)
    if _is_plain(params, record):
        scribe.body.line(f"return await {to_thread}({scribe.use('csv_read', 'read_lists')}, {text}, {form})")
        return
    rows = records_source(record, scribe)
    if params.batch is None:
        scribe.body.line(f"return await {to_thread}({scribe.use('csv_read', 'read_csv')}, {text}, {rows}, {form})")
        return
    start = scribe.expr(params.from_) if params.from_ is not None else "0"
    reader = f"{scribe.use('csv_read', 'read_part')}, {text}, {rows}, {form}, {start}, {params.batch}"
    read = scribe.local("read")
    scribe.body.line(f"{read} = await {to_thread}({reader})")
    scribe.body.line(f"return {{'rows': {read}.rows, 'next': {read}.next}}")


def _record_of(output_type: Type, params: CsvParams) -> Type:
    """The type of a record, from the type of the output."""
    if params.batch is not None and isinstance(output_type, ObjectType):
        rows = output_type.field("rows")
        output_type = rows.type if rows is not None else output_type
    assert isinstance(output_type, ListType)
    return output_type.item


def _form(params: CsvParams, record: Type, scribe: Scribe) -> str:
    arguments = [f"delimiter={params.delimiter!r}"] if params.delimiter != "," else []
    arguments += [f"quote={params.quote!r}"] if params.quote != '"' else []
    arguments += form_arguments(params, record)
    return f"{scribe.use('csv_read', 'CsvForm')}({', '.join(arguments)})"


def _written(params: CsvParams, rows: Expr, scribe: Scribe) -> list[str]:
    columns = columns_source(rows, params.columns, scribe)
    arguments = [scribe.expr(rows), *([columns] if columns else [])]
    arguments += ["header=False"] if not params.header else []
    arguments += [f"delimiter={params.delimiter!r}"] if params.delimiter != "," else []
    arguments += ["keep_formulas=True"] if params.formulas == "keep" else []
    return arguments


NODE: NodeType[Any] = NodeType(
    kind="call",
    params=CsvParams,
    output=output,
    check=check,
    emit=emit,
    default_timeout=30.0,
    example="""\
catalyst: 1
name: csv_example
types: {Order: {id: integer, region: string, price: "number?"}}
input: {orders: string}
nodes:
  orders: {type: csv, with: {parse: "{{ input.orders }}", row: Order}}
  priced: {type: set, with: {value: "{{ nodes.orders.output | select(o => (o.price ?? 0) > 10) }}"}}
  text: {type: csv, with: {write: "{{ nodes.priced.output }}", columns: {Number: id, Price: price}}}
  answer:
    type: respond
    with:
      headers: {Content-Type: text/csv, Content-Disposition: 'attachment; filename="orders.csv"'}
      body: "{{ nodes.text.output }}"
""",
    example_input={"orders": "id,region,price\n1,north,12.5\n2,south,\n3,north,40\n"},
)
