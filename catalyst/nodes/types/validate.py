"""`validate`: hold data against a declared type or a JSON Schema; what comes out is of that type."""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.types import (
    ANY,
    BOOL,
    STR,
    FieldType,
    ListType,
    ObjectType,
    Type,
    may_be_none,
    nullable,
    without_none,
)
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.json_schema import JsonSchema, schema_type
from catalyst.nodes.settings import Params, ShapeSlot
from catalyst.spec.fields import exactly_one


class ValidateParams(Params):
    """Settings of `validate`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("type", "schema"))

    data: Annotated[Any, ShapeSlot()] = Field(description="What is checked.")
    type: str | None = Field(
        default=None, description="The type that it must have: a name from `types`, or such as `array<integer>`."
    )
    schema_: JsonSchema | None = Field(
        default=None,
        alias="schema",
        description=(
            "A JSON Schema (2020-12) that it must fit. References lead only to other parts of the schema; `format` is "
            "asked for where it is `date`, `date-time`, `email`, `ipv4`, `ipv6` or `uuid`."
        ),
    )
    on_invalid: Literal["fail", "result"] = Field(
        default="fail",
        description=(
            "`fail`: the node fails with a problem that lists the places; `result`: the output is "
            "`{valid, errors: [{place, problem}], data}`, and `data` is none when it is not valid."
        ),
    )
    strict: bool = Field(
        default=True, description='Whether `"5"` is no number. Set it to false to turn text into the declared types.'
    )
    status: int = Field(default=422, ge=400, le=599, description="HTTP status of the problem.")

    @model_validator(mode="after")
    def one_of_two(self) -> Self:
        """Exactly one of `type` and `schema`."""
        if (self.type is None) == (self.schema_ is None):
            raise PydanticCustomError("one_of", "give either `type` or `schema`")
        return self


INVALID = ObjectType((("place", FieldType(STR)), ("problem", FieldType(STR))), "validation.Invalid")


def output(params: ValidateParams, site: Site) -> Type:
    """The type that was asked for; or whether it is valid, what is wrong, and the data of that type."""
    wanted = schema_type(params.schema_ or {}) if params.type is None else site.type_named(params.type, "type")
    if params.on_invalid == "fail":
        return wanted
    if may_be_none(wanted):
        message = "data that may be none cannot be told from data that is not valid"
        help_ = "take the `?` away and ask for none before, or let the node fail: `on_invalid: fail`"
        site.found.error("E461", message, site.span_of("type" if params.type else "schema"), help=help_)
    fields = (("valid", BOOL), ("errors", ListType(INVALID)), ("data", nullable(wanted)))
    return ObjectType(tuple((name, FieldType(type_)) for name, type_ in fields))


def value(params: ValidateParams, scribe: Scribe) -> str:
    """The data after the check; or an object of the result and what is wrong."""
    if params.on_invalid == "fail":
        return _call(params, scribe, "valid", scribe.output)
    verdict = scribe.local("verdict")
    scribe.body.line(f"{verdict} = {_call(params, scribe, 'checked', _wanted(scribe.output))}")
    return f"{{'valid': not {verdict}.errors, 'errors': {verdict}.errors, 'data': {verdict}.data}}"


def _wanted(output_type: Type) -> Type:
    """The type of the data, from the type of the result."""
    data = output_type.field("data") if isinstance(output_type, ObjectType) else None
    return without_none(data.type) if data is not None else ANY


def _call(params: ValidateParams, scribe: Scribe, function: str, wanted: Type) -> str:
    options = ""
    if params.on_invalid == "fail" and params.status != 422:
        options += f", status={params.status}"
    if params.schema_ is not None:
        made = scribe.use("json_schema", "JsonSchema")
        annotation = f"{made}[{scribe.annotation(wanted)}]"
        schema = scribe.constant("schema", f"{made}({params.schema_!r})", annotation)
        return f"{scribe.use('json_schema', f'{function}_by')}({schema}, {scribe.shape(params.data)}{options})"
    if not params.strict:
        options = f", strict=False{options}"
    helper = scribe.use("validation", function)
    return f"{helper}({scribe.adapter(wanted)}, {scribe.shape(params.data)}{options})"


NODE = NodeType(
    kind="value",
    params=ValidateParams,
    output=output,
    value=value,
    example="""\
catalyst: 1
name: validate_example
types: {Order: {id: integer, price: number, note: "string?"}}
input: {raw: any}
nodes:
  order:
    type: validate
    with: {data: "{{ input.raw }}", type: Order, on_invalid: result}
output:
  valid: "{{ nodes.order.output.valid }}"
  places: "{{ nodes.order.output.errors | map(e => e.place) }}"
  price: "{{ nodes.order.output.data?.price ?? 0 }}"
""",
    example_input={"raw": {"id": 1, "price": "much", "note": None}},
)
