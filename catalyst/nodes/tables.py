"""Tables in settings: what they are read from, the type of a record, and the columns that are written.

Shared by the node types that read and write tables (`csv`, `excel`) and files.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from catalyst.expressions.types import (
    ANY,
    STR,
    AnyType,
    BytesType,
    FieldType,
    FileType,
    ListType,
    MapType,
    ObjectType,
    StrType,
    Type,
    UnionType,
    describe,
    without_none,
)
from catalyst.nodes.base import Scribe, Site
from catalyst.nodes.rows import field_of, has_known_fields, is_scalar, read_path, row_type
from catalyst.nodes.settings import Expr, Params, Slot
from catalyst.spec.problems import Reader, problem

Content = Annotated[Expr, Slot(ANY)]

Columns = dict[str, str]

MAX_ROWS = 100_000
"""How many rows are read, unless the settings say otherwise; as in the runtime."""


def _read_columns(value: Any) -> Columns:
    """`[name, price]`, or `{Name: name, "Unit price": price}`."""
    pairs = value.items() if isinstance(value, dict) else [(each, each) for each in _listed(value)]
    columns: Columns = {}
    for name, path in pairs:
        if not isinstance(name, str) or not name or len(name) > 200 or not name.isprintable():
            raise problem("E144", "this is not the name of a column")
        if name in columns:
            raise problem("E144", f"the column `{name}` is there twice")
        columns[str(name)] = read_path(path)
    if not columns:
        raise problem("E144", "no column is named here")
    return columns


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise problem("E142", "columns are a list of names, or a map of names to fields")
    return value


ColumnMap = Annotated[
    Columns, Reader(_read_columns, {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "object"}]})
]


class TableParams(Params):
    """What node types that read and write tables take alike."""

    row: str | None = Field(
        default=None,
        description=(
            "The type of a record, a name from `types`; cells become what its fields are. Without it, and without an "
            "`output: array<T>` of the node, a record is a map of what its cells hold."
        ),
    )
    header: bool = Field(default=True, description="Whether the first line names the columns.")
    columns: ColumnMap | None = Field(
        default=None,
        description=(
            "The columns: `[name, price]`. When writing also `{Name: name, City: address.city}`, what they are called "
            "and which field they show; by default all fields."
        ),
    )
    max_rows: Annotated[int, Field(ge=1, le=1_048_576)] = Field(
        default=MAX_ROWS, description="More rows than this are an error, when reading."
    )
    formulas: Literal["escape", "keep"] = Field(
        default="escape",
        description="`escape`: text that a spreadsheet would run gets an apostrophe before it, when writing.",
    )

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that the settings name."""
        return tuple(self.columns or ())


def form_arguments(params: TableParams, record: Type) -> list[str]:
    """What the reader is told of the lines, as arguments: the columns, where no line names them, and how many."""
    arguments = [f"max_rows={params.max_rows}"] if params.max_rows != MAX_ROWS else []
    if params.header:
        return arguments
    names = params.names or tuple(name for name, _ in getattr(record, "fields", ()))
    return ["header=False", f"columns={names!r}", *arguments]


def check_content(site: Site, content: Expr, setting: str, *, text: bool) -> None:
    """Report what can be no content: of a file, bytes, or text."""
    type_ = site.type_of(content)
    members = type_.members if isinstance(type_, UnionType) else (type_,)
    if not all(isinstance(each, (AnyType, StrType, BytesType, FileType)) for each in members):
        wanted = "text, bytes or a file" if text else "bytes, a file, or base64 text"
        site.found.error(
            "E206", f"`{setting}` needs {wanted}, this gives {describe(type_)}", site.span_of(setting), help=_UPLOAD
        )


_UPLOAD = "an input of type `file` takes an upload; an `http` node with `response: bytes` downloads one"


def content_source(content: Expr, scribe: Scribe) -> str:
    """The content as Python: of an uploaded file, what is in it."""
    source = scribe.expr(content)
    return f"{source}['content']" if isinstance(scribe.type_of(content), FileType) else source


def record_type(site: Site, row: str | None, columns: tuple[str, ...], cell: Type = STR) -> Type:
    """What a record is: the type that `row` names, or the items of the node's `output:`, or a `cell` by column."""
    declared = site.declared
    if row is not None:
        named = site.type_named(row, "row")
    elif isinstance(declared, ListType):
        named = declared.item
    else:
        return ObjectType(tuple((name, FieldType(cell)) for name in columns)) if columns else MapType(cell)
    _check_record(site, named, "row" if row is not None else "output")
    return named


def _check_record(site: Site, type_: Type, setting: str) -> None:
    """A record is an object, and each of its fields stands in one cell."""
    if isinstance(type_, (AnyType, MapType)):
        return
    if not isinstance(type_, ObjectType):
        message = f"a row of a table is an object, not {describe(type_)}"
        site.found.error("E464", message, site.span_of(setting), help="name a type with a field for each column")
        return
    nested = [name for name, field in type_.fields if not is_scalar(field.type)]
    if nested:
        help_ = "fields are text, numbers, booleans and datetimes"
        message = f"a cell cannot hold the field `{nested[0]}` of `{describe(type_)}`"
        site.found.error("E464", message, site.span_of(setting), help=help_)


def records_source(record: Type, scribe: Scribe) -> str:
    """The `Records` that make records of cells, as a constant of the module."""
    records = scribe.use("tables", "Records")
    arguments = [scribe.adapter(record)]
    if isinstance(record, ObjectType):
        needed = tuple(name for name, field in record.fields if field.required)
        texts = [name for name, field in record.fields if field.type == STR and field.required]
        optional = [name for name, field in record.fields if not field.required]
        arguments += [f"columns={needed!r}"] if needed else []
        arguments += [f"texts=frozenset({texts!r})"] if texts else []
        arguments += [f"optional=frozenset({optional!r})"] if optional else []
    else:
        arguments.append("texts=None")
    made, annotation = f"{records}({', '.join(arguments)})", f"{records}[{scribe.annotation(record)}]"
    return scribe.constant("rows", made, annotation)


def check_columns(site: Site, rows: Expr, columns: Columns | None, *place: str) -> None:
    """The columns must be fields of the rows, which stand at `place`, the columns beside them."""
    row = row_type(site.type_of(rows))
    for number, (name, path) in enumerate((columns or {}).items()):
        field_of(site, row, path, *place[:-1], "columns", name if name != path else number)
    if columns is None and not isinstance(row, (AnyType, ObjectType, MapType)):
        message = f"a table is made of objects, not of {describe(row)}"
        site.found.error("E464", message, site.span_of(*place), help="make objects of them: `| map(x => {'name': x})`")


def columns_source(rows: Expr, columns: Columns | None, scribe: Scribe) -> str:
    """Columns as Python: name to path; "" when the rows' own keys say it in the run."""
    row = without_none(row_type(scribe.type_of(rows)))
    if columns is None and has_known_fields(row) and isinstance(row, ObjectType):
        columns = {name: name for name, _ in row.fields}
    if columns is None:
        return ""
    return "{" + ", ".join(f"{name!r}: {path.split('.')!r}" for name, path in columns.items()) + "}"
