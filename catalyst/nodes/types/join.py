"""`join`: match two lists of records by fields, as a database does."""

from typing import Annotated, Any, Literal

from pydantic import Field

from catalyst.diagnostics import listing
from catalyst.expressions.types import (
    OPEN_OBJECT,
    FieldType,
    ListType,
    ObjectType,
    Type,
    accepts,
    describe,
    nullable,
    union,
    without_none,
)
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.rows import (
    Rows,
    conformed,
    field_of,
    has_known_fields,
    known_field,
    read_path,
    row_type,
)
from catalyst.nodes.settings import Params
from catalyst.spec.problems import Reader, problem

Pairs = tuple[tuple[str, str], ...]


def _read_on(value: Any) -> Pairs:
    """`id`, `[id, day]`, or `{customer_id: id}` where the two sides have other names for it."""
    if isinstance(value, dict):
        pairs = tuple((read_path(left), read_path(right)) for left, right in value.items())
    else:
        names = [read_path(each) for each in (value if isinstance(value, list) else [value])]
        pairs = tuple((name, name) for name in names)
    if not pairs:
        raise problem("E144", "no field is named here", help="write `on: id`, or `on: {customer_id: id}`")
    return pairs


_ON_SCHEMA = {
    "anyOf": [
        {"type": "string"},
        {"type": "array", "items": {"type": "string"}, "minItems": 1},
        {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
    ]
}


class JoinParams(Params):
    """Settings of `join`."""

    left: Rows = Field(description="The list whose order the result has.")
    right: Rows = Field(description="The list that is matched with it.")
    on: Annotated[Pairs, Reader(_read_on, _ON_SCHEMA)] = Field(
        description=(
            "The fields that must be equal: `id`, `[id, day]`, or `{customer_id: id}` where the left list calls it "
            "`customer_id` and the right one `id`. None matches nothing. The result holds them once, by the left name."
        )
    )
    how: Literal["inner", "left", "outer"] = Field(
        default="inner",
        description=(
            "`inner`: rows that match; `left`: also rows of the left list without a match; `outer`: those of both."
        ),
    )
    prefix: str = Field(
        default="",
        pattern=r"^([A-Za-z_][A-Za-z0-9_]{0,62})?$",
        description="What stands before the names of the right list's fields in the result.",
    )

    @property
    def keys(self) -> dict[str, str]:
        """Keys of the right rows that the result holds once, under the name that the left rows have for them."""
        return {right: left for left, right in self.on if "." not in left + right}


def output(params: JoinParams, site: Site) -> Type:
    """One object a pair: the fields of both; those of a side that may have no match may be none."""
    return _result(params, row_type(site.type_of(params.left)), row_type(site.type_of(params.right)))


def _result(params: JoinParams, left: Type, right: Type) -> Type:
    if not (isinstance(left, ObjectType) and isinstance(right, ObjectType)) or left.open or right.open:
        return ListType(OPEN_OBJECT)
    fields = {name: _seen(field, params.how == "outer") for name, field in left.fields}
    for name, field in right.fields:
        if name in params.keys:
            key = params.keys[name]
            if params.how == "outer" and key in fields:
                fields[key] = FieldType(union(known_field(left, key).type, known_field(right, name).type))
        else:
            fields[params.prefix + name] = _seen(field, params.how != "inner")
    return ListType(ObjectType(tuple(fields.items())))


def _seen(field: FieldType, maybe_absent: bool) -> FieldType:
    """A field of one side in the result, where it is always there."""
    return FieldType(nullable(field.type) if maybe_absent or not field.required else field.type)


def check(params: JoinParams, site: Site) -> None:
    """The fields must be there and comparable, and no other name may stand on both sides."""
    left, right = row_type(site.type_of(params.left)), row_type(site.type_of(params.right))
    for left_path, right_path in params.on:
        first = field_of(site, left, left_path, "on").type
        second = field_of(site, right, right_path, "on").type
        if not _comparable(first, second):
            message = (
                f"`{left_path}` is {describe(first)} and `{right_path}` is {describe(second)}: they are never equal"
            )
            site.found.error("E461", message, site.span_of("on"), help="make them the same type before the join")
    _check_names(params, left, right, site)


def _comparable(first: Type, second: Type) -> bool:
    one, other = without_none(first), without_none(second)
    return accepts(one, other) or accepts(other, one)


def _check_names(params: JoinParams, left: Type, right: Type, site: Site) -> None:
    if not (isinstance(left, ObjectType) and isinstance(right, ObjectType)):
        return
    names = {name for name, _ in left.fields}
    twice = [name for name, _ in right.fields if name not in params.keys and params.prefix + name in names]
    if twice:
        message = f"both lists have a field of the same name: {listing([params.prefix + name for name in twice])}"
        help_ = "set `prefix: right_`, or another one, to tell the right list's fields apart"
        site.found.error("E462", message, site.span_of("prefix" if params.prefix else "right"), help=help_)


def value(params: JoinParams, scribe: Scribe) -> str:
    """A list display over the pairs."""
    left, right = row_type(scribe.type_of(params.left)), row_type(scribe.type_of(params.right))
    pairs = scribe.use("joining", f"{params.how}_join")
    left_keys = ", ".join(known_field(left, path).key() for path, _ in params.on)
    right_keys = ", ".join(known_field(right, path).key() for _, path in params.on)
    lists = f"{scribe.expr(params.left)}, {scribe.expr(params.right)}"
    row = _row(params, left, right, scribe)
    source = f"[{row} for left, right in {pairs}({lists}, [{left_keys}], [{right_keys}])]"
    return conformed(source, _result(params, left, right), scribe)


def _row(params: JoinParams, left: Type, right: Type, scribe: Scribe) -> str:
    if not (has_known_fields(left) and has_known_fields(right)):
        prefix = f", {params.prefix!r}" if params.prefix else ""
        return f"{scribe.use('joining', 'merged')}(left, right, {params.keys!r}{prefix})"
    assert isinstance(left, ObjectType)
    assert isinstance(right, ObjectType)
    pairs: dict[str, str] = {}
    for name, field in left.fields:
        pairs[name] = _read("left", name, field, params.how == "outer")
    for name, field in right.fields:
        here = _read("right", name, field, params.how != "inner")
        if name not in params.keys:
            pairs[params.prefix + name] = here
        elif params.how == "outer":
            key = params.keys[name]
            pairs[key] = f"{scribe.use('joining', 'either')}(left, {key!r}, right, {name!r})"
    return "{" + ", ".join(f"{name!r}: {source}" for name, source in pairs.items()) + "}"


def _read(side: str, name: str, field: FieldType, maybe_absent: bool) -> str:
    source = f"{side}[{name!r}]" if field.required else f"{side}.get({name!r})"
    return f"{source} if {side} is not None else None" if maybe_absent else source


NODE = NodeType(
    kind="value",
    params=JoinParams,
    output=output,
    check=check,
    value=value,
    example="""\
catalyst: 1
name: join_example
types:
  Order: {id: integer, customer_id: integer}
  Customer: {id: integer, name: string}
input: {orders: "array<Order>", customers: "array<Customer>"}
nodes:
  rows:
    type: join
    with:
      left: "{{ input.orders }}"
      right: "{{ input.customers }}"
      on: {customer_id: id}
      how: left
      prefix: customer_
output: {names: "{{ nodes.rows.output | map(r => r.customer_name ?? 'unknown') }}"}
""",
    example_input={
        "orders": [{"id": 1, "customer_id": 7}, {"id": 2, "customer_id": 9}],
        "customers": [{"id": 7, "name": "Ada"}],
    },
)
