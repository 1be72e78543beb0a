"""The models of what has a type: inputs, named types, node outputs and the flow's output."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import SchemaError, SchemaValidator, core_schema

from catalyst.diagnostics import Located, suggest
from catalyst.spec.fields import AsTuple, Raw, SpecModel, Text, model_schema, short_or_long
from catalyst.spec.names import Name
from catalyst.spec.problems import Reader, kind_of, problem
from catalyst.spec.tree import LocatedMap, plain
from catalyst.spec.typetext import (
    SIMPLE_TYPES,
    ArrayType,
    BadType,
    Limits,
    OptionalType,
    RecordField,
    RecordType,
    SimpleType,
    TypeText,
    names_in,
    parse_type,
    types_help,
)

Choice = str | int | float | bool


def read_type(value: Any) -> TypeText:
    """The type that a raw value stands for; raises a problem with the place of the wrong part."""
    if not isinstance(value, str):
        raise problem("E142", f"a type is wanted here, this is {kind_of(value)}", help=types_help())
    try:
        return parse_type(value)
    except BadType as wrong:
        raise problem("E246", str(wrong), help=wrong.help, label=wrong.label, part=(wrong.start, wrong.end)) from wrong


def _read_pattern(value: Any) -> str:
    if not isinstance(value, str):
        raise problem("E142", f"a pattern is text, this is {kind_of(value)}")
    try:
        SchemaValidator(core_schema.str_schema(pattern=value))
    except SchemaError as wrong:
        help_text = "look-around and back references are not available; quote it with '...' to keep backslashes"
        raise problem("E144", "this is not a pattern that can be used", help=help_text) from wrong
    return value


def _read_choice(value: Any) -> Choice:
    if not isinstance(value, (str, int, float, bool)):
        raise problem("E142", f"a choice is text, a number, true or false; this is {kind_of(value)}")
    return value


_RECORD = {
    "type": "object",
    "description": "A map of fields: name to type.",
    "additionalProperties": model_schema("Field"),
    "not": model_schema("LongForm"),
}
_TYPE_SCHEMA = {"type": "string", "examples": [*SIMPLE_TYPES, "array<string>", "map<number>", "string?"]}

Type = Annotated[TypeText, Reader(read_type, _TYPE_SCHEMA)]
Pattern = Annotated[str, Reader(_read_pattern, {"type": "string", "format": "regex"})]
ChoiceValue = Annotated[Choice, Reader(_read_choice, {"type": ["string", "number", "boolean"]})]
Length = Annotated[int, Field(ge=0, le=10_000_000)]
Number = int | float


class FieldSpec(SpecModel):
    """A typed value: its type and the limits it keeps. Short form: just the type, or a map of fields."""

    type: Type | None = Field(default=None, description="The type: " + types_help() + ".")
    description: Text | None = Field(default=None, description="What the value is; shown in the API's documentation.")
    default: Raw = Field(default=None, description="Taken when the value is not given.")
    required: bool | None = Field(default=None, description="Whether it must be given; true unless there is a default.")
    enum: Annotated[tuple[ChoiceValue, ...], Field(min_length=1), AsTuple] | None = Field(
        None, description="The only values allowed."
    )
    min: Number | None = Field(default=None, description="Smallest number allowed.")
    max: Number | None = Field(default=None, description="Largest number allowed.")
    minimum: Number | None = Field(default=None, description="The same as `min`.")
    maximum: Number | None = Field(default=None, description="The same as `max`.")
    min_length: Length | None = Field(default=None, description="Fewest characters or items.")
    max_length: Length | None = Field(default=None, description="Most characters or items.")
    pattern: Pattern | None = Field(default=None, description="A regular expression that the text must match.")
    items: FieldShape | None = Field(default=None, description="What each item of an array is.")
    properties: FieldMap | None = Field(default=None, description="The fields of an object.")

    @property
    def has_default(self) -> bool:
        """Whether a default is given; it may be none."""
        return "default" in self.model_fields_set

    @property
    def is_required(self) -> bool:
        """Whether the value must be given."""
        return self.required if self.required is not None else not self.has_default

    @property
    def lowest(self) -> Number | None:
        """The smallest number allowed, by either name."""
        return self.min if self.min is not None else self.minimum

    @property
    def highest(self) -> Number | None:
        """The largest number allowed, by either name."""
        return self.max if self.max is not None else self.maximum

    @property
    def limits(self) -> Limits:
        """The limits that are set here; those of a named type stand with that type."""
        given = {
            "ge": self.lowest,
            "le": self.highest,
            "min_length": self.min_length,
            "max_length": self.max_length,
            "pattern": str(self.pattern) if self.pattern is not None else None,
            "choices": tuple(self.enum) if self.enum and isinstance(self.enum[0], int) else None,
        }
        return tuple((name, value) for name, value in given.items() if value is not None)

    @property
    def full_type(self) -> TypeText:
        """The type with `items` and `properties` in it."""
        if self.properties is not None:
            fields = (
                RecordField(
                    str(name),
                    field.full_type,
                    field.is_required,
                    field.description,
                    field.enum,
                    field.limits,
                    json.dumps(plain(field.default)) if field.has_default else None,
                )
                for name, field in self.properties.items()
            )
            return RecordType(tuple(fields))
        if self.items is not None:
            return ArrayType(self.items.full_type, self.items.limits)
        if self.type is not None:
            return self.type
        return SimpleType(_kind_of_all(self.enum or ()))


def _kind_of_all(choices: tuple[Choice, ...]) -> str:
    """The type of a field that names its choices and no type."""
    kinds = {type(choice) for choice in choices}
    if kinds == {int}:
        return "integer"
    return "string" if kinds and all(issubclass(kind, str) for kind in kinds) else "any"


_LONG_FORM_KEYS = frozenset((*FieldSpec.__annotations__, "from"))


def as_field(value: Any) -> Any:
    """The long form of a field: `string` and `{a: string}` become what they are short for."""
    if isinstance(value, str):
        return _long_form(value, "type", value)
    if isinstance(value, LocatedMap) and not is_long_form(value):
        return _long_form(value, "properties", value)
    return value


def is_long_form(value: LocatedMap) -> bool:
    """Whether a map describes one value, rather than being a map of fields."""
    if "properties" in value and isinstance(value["properties"], dict):
        return True
    if not ("type" in value or "items" in value or "enum" in value):
        return (
            bool(value) and set(value) <= _LONG_FORM_KEYS and not all(isinstance(item, str) for item in value.values())
        )
    kind = value.get("type", "")
    if not isinstance(kind, str):
        return False
    # `{type: string, name: string}` is a record with a field `type`; `{type: string, pattren: x}` is a slip.
    return (
        not all(isinstance(item, (str, dict)) and _is_type(item) for item in value.values())
        or set(value) <= _LONG_FORM_KEYS
    )


def long_form_schema() -> dict[str, Any]:
    """`is_long_form` for editors, so that a slip in a long form is not taken for a map of fields."""
    keys = {"propertyNames": {"enum": sorted(_LONG_FORM_KEYS)}}
    typed = {"type": "string", "pattern": rf"^\s*({'|'.join(SIMPLE_TYPES)}|array<|map<|[A-Z])"}
    all_types = {"additionalProperties": {"anyOf": [typed, {"type": "object"}]}}
    some_text = {"properties": {"type": {"type": "string"}}}
    telling = {"anyOf": [{"required": [key]} for key in ("type", "items", "enum")]}
    return {
        "type": "object",
        "anyOf": [
            {"required": ["properties"], "properties": {"properties": {"type": "object"}}},
            {"allOf": [telling, some_text, {"anyOf": [{"not": all_types}, keys]}]},
            {
                "allOf": [
                    {"minProperties": 1},
                    keys,
                    {"not": telling},
                    {"not": {"additionalProperties": {"type": "string"}}},
                ]
            },
        ],
    }


def _is_type(value: Any) -> bool:
    """Whether a raw value reads as a type of the language or as a name that looks like one: `Verdict`, not `header`."""
    if isinstance(value, dict):
        return True
    try:
        return all(name.name[0].isupper() for name in names_in(parse_type(value)))
    except BadType:
        return False


def _long_form(value: Any, key: str, content: Any) -> LocatedMap:
    span = value.span
    wrapped = LocatedMap(span)
    wrapped.put(Located(key, span), content, span)
    return wrapped


def field_schema() -> dict[str, Any]:
    """A field in any of its forms, for editors."""
    return {"anyOf": [_TYPE_SCHEMA, model_schema("FieldSpec"), _RECORD]}


FieldShape = Annotated[FieldSpec, short_or_long(as_field, _TYPE_SCHEMA, model_schema("FieldSpec"), _RECORD)]
FieldMap = dict[Name, FieldShape]
FieldSpec.model_rebuild()


class InputField(FieldSpec):
    """One field of the flow's input. Short form: just the type."""

    from_: Literal["body", "path", "query", "header"] | None = Field(
        None, alias="from", description="Where in the request it stands; `body` unless the path names it."
    )

    @property
    def is_required(self) -> bool:
        """Whether the value must be given; one that may be none (`string?`) may also be left out."""
        if self.required is not None:
            return self.required
        return not self.has_default and not isinstance(self.type, OptionalType)


InputShape = Annotated[InputField, short_or_long(as_field, _TYPE_SCHEMA, model_schema("InputField"), _RECORD)]


class OutputField(SpecModel):
    """One field of the flow's output."""

    type: FieldShape | None = Field(default=None, description="Its type; found from the expression when not given.")
    value: Raw = Field(default=None, description="Its value, usually an expression.")
    stream: bool = Field(
        default=False, description="Send it as it is produced to clients that ask for an event stream."
    )
    description: Text | None = Field(default=None, description="Shown in the API's documentation.")

    @model_validator(mode="after")
    def _has_value(self) -> OutputField:
        if "value" not in self.model_fields_set:
            raise problem("E141", "`value` is missing in this output", help="add `value:` with an expression")
        return self


_OUTPUT_KEYS = frozenset(OutputField.__annotations__)


def as_output(value: Any) -> Any:
    """The long form of an output field; any other value is short for `{value: ...}`."""
    if isinstance(value, LocatedMap) and _is_output_field(value):
        return value
    span = getattr(value, "span", None)
    if span is None:
        return {"value": value}
    wrapped = LocatedMap(span)
    wrapped.put(Located("value", span), value, span)
    return wrapped


def _is_output_field(value: LocatedMap) -> bool:
    if "value" in value:
        return True
    if "stream" in value and isinstance(value["stream"], bool) and set(value) <= _OUTPUT_KEYS:
        return True
    # `{type: string, valeu: "{{ e }}"}` is a slip; it would give an object with a field `valeu`.
    unknown = [str(key) for key in value if key not in _OUTPUT_KEYS]
    return (
        isinstance(value.get("type"), (str, dict))
        and _is_type(value["type"])
        and any(suggest(key, ["value"]) for key in unknown)
    )


OutputShape = Annotated[OutputField, short_or_long(as_output, model_schema("OutputField"), {})]


class OutputSpec(SpecModel):
    """The flow's output: named fields, or one value as a whole."""

    fields: dict[Name, OutputShape] | None = None
    whole: OutputShape | None = None


def as_output_spec(value: Any) -> Any:
    """Tell the forms of `output:` apart: a map of names, a single typed value, or any other value."""
    if isinstance(value, LocatedMap) and value and not _is_whole(value):
        return {"fields": value}
    return {"whole": value}


def _is_whole(value: LocatedMap) -> bool:
    """`{type: string, value: "{{ e }}", stream: true}` is one value, not three fields."""
    if "value" not in value or not set(value) <= _OUTPUT_KEYS:
        return False
    kind = value.get("type")
    return isinstance(value.get("stream"), bool) or (isinstance(kind, (str, dict)) and _is_type(kind))
