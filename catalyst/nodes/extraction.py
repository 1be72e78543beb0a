"""Records that are looked up in a document: the fields that settings name become the type of what comes out.

Shared by the node types that read documents (`html`, `xml`). A field is text, none where the document has nothing
there, or a list of texts; a declared type turns texts into what its fields are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from catalyst.diagnostics import listing
from catalyst.expressions.types import (
    STR,
    AnyType,
    FieldType,
    ListType,
    MapType,
    ObjectType,
    Type,
    UnionType,
    describe,
    nullable,
    without_none,
)
from catalyst.nodes.base import Site
from catalyst.nodes.settings import Params


def or_text(schema: dict[str, Any]) -> None:
    """JSON Schema of a map that has a short form: text."""
    whole = dict(schema)
    schema.clear()
    schema |= {"anyOf": [{"type": "string"}, whole]}


class ExtractionParams(Params):
    """What all of these node types take: how much, and what a record is."""

    row: str | None = Field(
        default=None,
        description="The type of a record, a name from `types`, when its fields are more than text: `price: number`.",
    )
    max_items: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=10_000, description="More records, or more values of a field, than this are an error."
    )


def extracted_type(site: Site, row: str | None, many: Mapping[str, bool], *, is_list: bool) -> Type:
    """What comes out: records of the type that is declared, or of texts. `many` says which fields are lists."""
    record = _declared(site, row, is_list=is_list)
    if record is None:
        fields = ((name, FieldType(ListType(STR) if all_ else nullable(STR))) for name, all_ in many.items())
        record = ObjectType(tuple(fields))
    else:
        _check_record(site, record, many, "row" if row is not None else "output")
    return ListType(record) if is_list else record


def _declared(site: Site, row: str | None, *, is_list: bool) -> Type | None:
    if row is not None:
        return site.type_named(row, "row")
    if is_list:
        return site.declared.item if isinstance(site.declared, ListType) else None
    return site.declared


def _check_record(site: Site, record: Type, many: Mapping[str, bool], setting: str) -> None:
    if isinstance(record, (AnyType, MapType)):
        return
    if not isinstance(record, ObjectType):
        message = f"what is found is an object, not {describe(record)}"
        site.found.error("E464", message, site.span_of(setting), help="name a type with these fields")
        return
    missing = [name for name, field in record.fields if field.required and name not in many]
    if missing:
        message = f"nothing is looked up for the field `{missing[0]}` of `{describe(record)}`"
        site.found.error("E464", message, site.span_of(setting), help=f"`fields` has: {listing(list(many))}")
    for name, field in record.fields:
        if name in many:
            _check_amount(site, name, without_none(field.type), is_list=many[name])


def _check_amount(site: Site, name: str, wanted: Type, *, is_list: bool) -> None:
    """A list of texts cannot become one value, nor one text a list."""
    if isinstance(wanted, (AnyType, UnionType)) or isinstance(wanted, ListType) == is_list:
        return
    found = "a list of texts" if is_list else "one text"
    message = f"`{name}` is {found}, and declared as {describe(wanted)}"
    help_ = "leave `all: true` out, or declare a list" if is_list else "add `all: true`, or declare one value"
    site.found.error("E464", message, site.span_of("fields", name), help=help_)


def record_in(output_type: Type, *, is_list: bool) -> Type:
    """The type of a record, from the type of the output."""
    return output_type.item if is_list and isinstance(output_type, ListType) else output_type
