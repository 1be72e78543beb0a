"""`aggregate`: group a list of records by fields, and count, add up or compare what each group holds."""

import re
from collections.abc import Callable
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.types import (
    FLOAT,
    INT,
    FieldType,
    ListType,
    ObjectType,
    Type,
    describe,
    may_be_none,
    nullable,
    without_none,
)
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.rows import (
    FieldName,
    FieldPath,
    FieldPaths,
    RowField,
    Rows,
    conformed,
    field_of,
    has_order,
    is_number,
    known_field,
    row_type,
)
from catalyst.nodes.settings import Params
from catalyst.spec.fields import exactly_one

_HELPERS = {"count": "count_of", "sum": "total_of", "avg": "average_of", "min": "smallest_of", "max": "largest_of"}


ALL_ROWS = "*"
_PLACE = re.compile(r"""[\w.]+(?:\[["'][^"']*["']\])*""")
"""Python that only says where a value is."""


def _measure_schema(schema: dict[str, Any]) -> None:
    """One of the five, or the word `count`."""
    whole = {**schema, **exactly_one(*_HELPERS)}
    schema.clear()
    schema |= {"anyOf": [{"const": "count"}, whole]}


class Measure(Params):
    """What a field of the result is: one of the five, of a field of the rows."""

    model_config = ConfigDict(json_schema_extra=_measure_schema)

    count: FieldPath | None = Field(
        default=None, description="In how many rows this field is not none; `*` counts the rows."
    )
    sum: FieldPath | None = Field(default=None, description="The sum of this field; 0 when there is nothing to add.")
    avg: FieldPath | None = Field(default=None, description="The mean of this field.")
    min: FieldPath | None = Field(default=None, description="The smallest value of this field.")
    max: FieldPath | None = Field(default=None, description="The largest value of this field.")

    @model_validator(mode="before")
    @classmethod
    def short_form(cls, value: Any) -> Any:
        """`orders: count` is short for `orders: {count: "*"}`."""
        return {"count": ALL_ROWS} if value == "count" else value

    @model_validator(mode="after")
    def one_of_them(self) -> Self:
        """Exactly one."""
        if len(self.stated) != 1:
            raise PydanticCustomError("one_of", "give one of `count`, `sum`, `avg`, `min` and `max`")
        return self

    @property
    def what(self) -> tuple[str, str]:
        """Which of them, and the path of the field."""
        (name,) = self.stated
        return name, getattr(self, name)


class AggregateParams(Params):
    """Settings of `aggregate`."""

    items: Rows = Field(description="The list of records.")
    by: FieldPaths = Field(
        default=(),
        description="Fields that make a group: rows with the same values are together. Without it all rows are one.",
    )
    fields: Annotated[dict[FieldName, Measure], Field(min_length=1)] = Field(
        description=(
            "Fields of the result: `total: {sum: price}`, and the same with `avg`, `min`, `max` and `count`; "
            "`orders: count` counts the rows. A field that is none in a row is left out of it."
        )
    )

    @model_validator(mode="after")
    def names_are_different(self) -> Self:
        """A group's fields and what it adds up to stand in one object; text can only be `count`."""
        for name in self.fields:
            if name in self.group_names:
                raise PydanticCustomError("one_of", "`by` and `fields` give the same name to two fields")
        if len(set(self.group_names)) != len(self.by):
            raise PydanticCustomError("one_of", "two fields of `by` end in the same name")
        return self

    @property
    def group_names(self) -> tuple[str, ...]:
        """What the fields of a group are called in the result: the end of their paths."""
        return tuple(path.rpartition(".")[2] for path in self.by)


def output(params: AggregateParams, site: Site) -> Type:
    """An object a group, or one for all: the fields of `by`, then those of `fields`."""
    row = row_type(site.type_of(params.items))
    return _result(params, lambda path, *place: field_of(site, row, path, *place))


def _result(params: AggregateParams, field_at: Callable[..., RowField]) -> Type:
    """The type of the output; `field_at` gives the field at a path that stands at a place of the settings."""
    pairs = zip(params.group_names, params.by, strict=True)
    fields = [(name, FieldType(field_at(path, "by", place).type)) for place, (name, path) in enumerate(pairs)]
    for name, measure in params.fields.items():
        type_: Type = INT
        if measure.count != ALL_ROWS:
            kind, path = measure.what
            type_ = _type_of(kind, field_at(path, "fields", name), maybe_empty=not params.by)
        fields.append((name, FieldType(type_)))
    result = ObjectType(tuple(fields))
    return ListType(result) if params.by else result


def check(params: AggregateParams, site: Site) -> None:
    """What is added up must be numbers, what is compared must have an order."""
    row = row_type(site.type_of(params.items))
    for name, measure in params.fields.items():
        if measure.count is not None:
            continue
        kind, path = measure.what
        type_ = known_field(row, path).type
        if kind in ("sum", "avg") and not is_number(type_):
            message = f"`{kind}` needs numbers, `{path}` is {describe(type_)}"
        elif kind in ("min", "max") and not has_order(type_):
            message = f"`{kind}` needs values that have an order, `{path}` is {describe(type_)}"
        else:
            continue
        site.found.error("E461", message, site.span_of("fields", name), help="`count` counts values of any kind")


def _type_of(kind: str, field: RowField, *, maybe_empty: bool) -> Type:
    """A group has a row at least, but the field may be none in all of them."""
    if kind == "count":
        return INT
    inner = without_none(field.type)
    if kind == "sum":
        return inner
    value = FLOAT if kind == "avg" else inner
    return nullable(value) if maybe_empty or may_be_none(field.type) or not field.sure else value


def value(params: AggregateParams, scribe: Scribe) -> str:
    """An object display: for each group, or for the whole list."""
    row = row_type(scribe.type_of(params.items))
    rows = "rows" if params.by else _rows(params, scribe)
    pairs = [f"{name!r}: key[{number}]" for number, name in enumerate(params.group_names)]
    pairs += [f"{name!r}: {_measure_source(measure, rows, scribe)}" for name, measure in params.fields.items()]
    source = f"{{{', '.join(pairs)}}}"
    if params.by:
        paths = ", ".join(known_field(row, path).key() for path in params.by)
        grouped = scribe.use("grouping", "grouped")
        source = f"[{source} for key, rows in {grouped}({scribe.expr(params.items)}, {paths})]"
    return conformed(source, _result(params, lambda path, *place: known_field(row, path)), scribe)


def _rows(params: AggregateParams, scribe: Scribe) -> str:
    """The list as something that may be written several times."""
    source = scribe.expr(params.items)
    is_list = isinstance(scribe.type_of(params.items), ListType)
    if is_list and _PLACE.fullmatch(source):
        return source
    name = scribe.local("rows")
    scribe.body.line(f"{name} = {source}" if is_list else f"{name} = {scribe.use('grouping', 'whole')}({source})")
    return name


def _measure_source(measure: Measure, rows: str, scribe: Scribe) -> str:
    if measure.count == ALL_ROWS:
        return f"len({rows})"
    kind, path = measure.what
    keys = ", ".join(map(repr, path.split(".")))
    return f"{scribe.use('grouping', _HELPERS[kind])}({rows}, {keys})"


NODE = NodeType(
    kind="value",
    params=AggregateParams,
    output=output,
    check=check,
    value=value,
    example="""\
catalyst: 1
name: aggregate_example
types: {Order: {region: string, price: number}}
input: {orders: "array<Order>"}
nodes:
  regions:
    type: aggregate
    with:
      items: "{{ input.orders }}"
      by: region
      fields: {orders: count, total: {sum: price}, average: {avg: price}, largest: {max: price}}
output: {regions: "{{ nodes.regions.output }}"}
""",
    example_input={
        "orders": [
            {"region": "north", "price": 10},
            {"region": "south", "price": 7.5},
            {"region": "north", "price": 30},
        ]
    },
)
