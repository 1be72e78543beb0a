"""The workflow validate."""

from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.json_schema import JsonSchema, checked_by, valid_by
from app.runtime.moments import Moment
from app.runtime.validation import Invalid, valid
from app.runtime.validation import checked as checked_
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class ValidateInput(TypedDict):
    raw: Any
    person: Annotated[Any, Field(default=None)]
    text: Annotated[Any, Field(default=None)]


class ValidateOutput(TypedDict):
    errors: list[Invalid]
    skus: list[str]
    days: Moment | None
    name: str | None
    number: dict[str, int] | None
    loose: list[str]


Context = ExecutionContext[ValidateInput, None, None]


class Line(TypedDict):
    sku: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    count: Annotated[int, Field(ge=1)]


class Order(TypedDict):
    id: int
    day: Moment | None
    lines: list[Line]


ORDER: TypeAdapter[Order] = TypeAdapter(Order)


class Checked(TypedDict):
    valid: bool
    errors: list[Invalid]
    data: Order | None


class Person(TypedDict):
    name: str
    age: int | None
    role: NotRequired[Any]
    friends: NotRequired[list[Any]]


PERSON_SCHEMA: JsonSchema[Person] = JsonSchema(
    {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 2},
            "age": {"type": ["integer", "null"], "minimum": 0},
            "role": {"enum": ["admin", "user"]},
            "friends": {"type": "array", "items": {"$ref": "#/$defs/Name"}},
        },
        "required": ["name", "age"],
        "additionalProperties": False,
        "$defs": {"Name": {"type": "string"}},
    }
)

NUMBER: TypeAdapter[dict[str, int]] = TypeAdapter(dict[str, int])
LOOSE_SCHEMA: JsonSchema[dict[str, Any]] = JsonSchema({"type": "object", "required": ["id"]})


class Loose(TypedDict):
    valid: bool
    errors: list[Invalid]
    data: dict[str, Any] | None


async def validate(ctx: Context) -> ValidateOutput:
    """Run the workflow once; gives its output."""
    # checked, flow.yaml:8
    verdict = checked_(ORDER, ctx.input["raw"])
    checked: Checked = {"valid": not verdict.errors, "errors": verdict.errors, "data": verdict.data}
    ctx.set_output("checked", checked)
    order: Order | None = None
    # order, flow.yaml:9
    if checked["valid"]:
        order = valid(ORDER, ctx.input["raw"])
        ctx.set_output("order", order)
    person: Person | None = None
    # person, flow.yaml:10
    if ctx.input["person"] is not None:
        person = valid_by(PERSON_SCHEMA, ctx.input["person"], status=400)
        ctx.set_output("person", person)
    number: dict[str, int] | None = None
    # number, flow.yaml:26
    if ctx.input["text"] is not None:
        number = valid(NUMBER, {"n": ctx.input["text"]}, strict=False)
        ctx.set_output("number", number)
    # loose, flow.yaml:27
    loose_verdict = checked_by(LOOSE_SCHEMA, ctx.input["raw"])
    loose: Loose = {"valid": not loose_verdict.errors, "errors": loose_verdict.errors, "data": loose_verdict.data}
    ctx.set_output("loose", loose)
    return {
        "errors": checked["errors"],
        "skus": [l["sku"] for l in (order["lines"] if order is not None else [])],
        "days": checked["data"]["day"] if checked["data"] is not None else None,
        "name": person["name"] if person is not None else None,
        "number": number,
        "loose": [f"{e['place']}: {e['problem']}" for e in loose["errors"]],
    }


VALIDATE = Workflow(
    name="validate",
    run=validate,
    input_type=ValidateInput,
    output_type=ValidateOutput,
    triggers=(HttpTrigger("POST", "/api/v1/validate/execute"),),
    visible=("checked", "order", "person", "number", "loose"),
    graph={
        "nodes": [
            {"id": "checked", "type": "validate", "after": []},
            {"id": "order", "type": "validate", "after": ["checked"]},
            {"id": "person", "type": "validate", "after": []},
            {"id": "number", "type": "validate", "after": []},
            {"id": "loose", "type": "validate", "after": []},
        ]
    },
)
