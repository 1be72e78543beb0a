"""`sort`: put a list in order, by one field or several, up or down."""

from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from catalyst.expressions.types import ListType, Type, describe
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.rows import FieldPath, Rows, conformed, field_of, has_order, known_field, row_type
from catalyst.nodes.settings import Params


def _order_schema(schema: dict[str, Any]) -> None:
    """The path of a field, or a map."""
    whole = dict(schema)
    schema.clear()
    schema |= {"anyOf": [{"type": "string"}, whole]}


class Order(Params):
    """One thing that rows are compared by."""

    model_config = ConfigDict(json_schema_extra=_order_schema)

    field: FieldPath = Field(description="The field, `name` or `customer.city`.")
    order: Literal["asc", "desc"] = Field(default="asc", description="`asc`: the smallest first; `desc`: the largest.")
    none: Literal["first", "last"] = Field(default="last", description="Where rows stand in which the field is none.")

    @model_validator(mode="before")
    @classmethod
    def short_form(cls, value: Any) -> Any:
        """`by: name` is short for `by: {field: name}`."""
        return {"field": value} if isinstance(value, str) else value


class SortParams(Params):
    """Settings of `sort`."""

    items: Rows = Field(description="The list.")
    by: list[Order] = Field(
        default=[],
        description=(
            "What it is ordered by, the most important first: names of fields, or `{field: total, order: desc}`. "
            "Without it the items themselves are compared."
        ),
    )
    order: Literal["asc", "desc"] = Field(default="asc", description="The direction where `by` is not given.")
    case_sensitive: bool = Field(default=False, description="Whether `B` comes before `a`, as computers count.")

    @model_validator(mode="before")
    @classmethod
    def one_or_many(cls, value: Any) -> Any:
        """`by: name` is short for `by: [name]`."""
        if isinstance(value, dict) and isinstance(value.get("by"), (str, dict)):
            return {**value, "by": [value["by"]]}
        return value


def output(params: SortParams, site: Site) -> Type:
    """A list of the same items."""
    return ListType(row_type(site.type_of(params.items)))


def check(params: SortParams, site: Site) -> None:
    """What is compared must have an order."""
    row = row_type(site.type_of(params.items))
    for number, order in enumerate(params.by):
        field = field_of(site, row, order.field, "by", number)
        if not has_order(field.type):
            message = f"values of `{order.field}` have no order: {describe(field.type)}"
            site.found.error("E461", message, site.span_of("by", number), help="name a field inside of it, or another")
    if not params.by and not has_order(row):
        message = f"these items have no order: {describe(row)}"
        site.found.error("E461", message, site.span_of("items"), help="name the fields to compare under `by`")


def value(params: SortParams, scribe: Scribe) -> str:
    """One call of the runtime, with what rows are compared by."""
    row = row_type(scribe.type_of(params.items))
    by = scribe.use("sorting", "By")
    orders = [_arguments(known_field(row, each.field).getter(scribe), each.order, each.none) for each in params.by]
    orders = orders or [_arguments("lambda item: item", params.order, "last")]
    sensitive = ", case_sensitive=True" if params.case_sensitive else ""
    calls = ", ".join(f"{by}({each}{sensitive})" for each in orders)
    source = f"{scribe.use('sorting', 'sort_rows')}({scribe.expr(params.items)}, {calls})"
    return conformed(source, ListType(row), scribe)


def _arguments(getter: str, order: str, none: str) -> str:
    down = ", descending=True" if order == "desc" else ""
    first = ", none_first=True" if none == "first" else ""
    return f"{getter}{down}{first}"


NODE = NodeType(
    kind="value",
    params=SortParams,
    output=output,
    check=check,
    value=value,
    example="""\
catalyst: 1
name: sort_example
types: {Player: {name: string, points: integer}}
input: {players: "array<Player>"}
nodes:
  best:
    type: sort
    with: {items: "{{ input.players }}", by: [{field: points, order: desc}, name]}
output: {names: "{{ nodes.best.output | map(p => p.name) }}"}
""",
    example_input={
        "players": [
            {"name": "Cleo", "points": 7},
            {"name": "Ada", "points": 9},
            {"name": "Ben", "points": 7},
        ]
    },
)
