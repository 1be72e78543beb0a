"""Settings of nodes: values that may hold expressions, and the pydantic fields that read them.

A node type declares its settings as a `Params` model. A field is a plain value, an `Expr` (a value that may be written
as `{{ ... }}`), a `Shape` (any YAML with expressions inside) or a `RawBody` (nodes inside the node). Pydantic validates
the shape and gives the JSON Schema; the expressions are typed later, by `graph.build`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from catalyst.diagnostics import Diagnostic, Located, Span
from catalyst.expressions.parse import has_holes, parse_template
from catalyst.expressions.sinks import Sink
from catalyst.expressions.tree import Template, Text
from catalyst.expressions.types import (
    ANY,
    INT,
    STR,
    AnyType,
    BoolType,
    FloatType,
    IntType,
    ListType,
    MapType,
    NumberType,
    ObjectType,
    StrType,
    Type,
    UnionType,
    describe,
)
from catalyst.spec.fields import model_schema
from catalyst.spec.problems import problem


class Params(BaseModel):
    """Base of all settings models: unknown keys are errors, nothing is converted silently."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True, populate_by_name=False
    )

    @property
    def stated(self) -> frozenset[str]:
        """The settings that say something; `null` is as good as none."""
        return frozenset(name for name in self.model_fields_set if getattr(self, name) is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Expr:
    """A setting's value: a template with holes, or a constant. Compared by identity."""

    expected: Type
    sink: Sink
    constant: Any = None
    template: Template | None = None
    text: Located | None = None
    problems: tuple[Diagnostic, ...] = ()
    place: Located | None = None
    """The text with its place in the file, for constants as well."""

    @property
    def is_constant(self) -> bool:
        """Whether the value is known at build time and has no holes."""
        return self.text is None


Shape = Expr | dict[str, "Shape"] | list["Shape"]
"""Any YAML value whose leaves are `Expr`s."""


@dataclass(frozen=True, slots=True, eq=False)
class RawBody:
    """Nodes inside a node, as written; `graph.build` makes steps of them."""

    nodes: Mapping[str, Any]


_NOWHERE = Span.start_of("<flow>")


def make_expr(value: object, expected: Type, sink: Sink) -> Expr:
    """A constant, or a template when the value is a string with `{{`."""
    if isinstance(value, str) and has_holes(value):
        text = value if isinstance(value, Located) else None
        parsed = parse_template(value)
        located = text if text is not None else _unlocated(value)
        return Expr(expected, sink, None, parsed.template, located, parsed.diagnostics, located)
    return Expr(expected, sink, _plain(value), place=value if isinstance(value, Located) else None)


def _unlocated(value: str) -> Located:
    return Located(value, _NOWHERE)


def _plain(value: object) -> object:
    """The constant without its places."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


EXPRESSION = {"type": "string", "pattern": r"\{\{"}
"""JSON Schema of a text with expressions in it."""


@dataclass(frozen=True)
class Slot:
    """Pydantic annotation of an `Expr` field: `Annotated[Expr, Slot(INT)]`."""

    type: Type = ANY
    sink: Sink = Sink.VALUE
    literal: bool = False
    """Whether the value must be known at build time."""
    computed: bool = False
    """Whether it must be an expression, because constants are read by another form of the setting."""
    within: tuple[int, int] | None = None
    """From what to what a constant number may be."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        plain = self.constant_schema()
        if self.computed:
            return EXPRESSION
        if self.literal or plain in ({}, {"type": "string"}):
            return plain
        return {"anyOf": [plain, EXPRESSION]}

    def constant_schema(self) -> JsonSchemaValue:
        """What an editor has to know about a value without `{{`."""
        limits = {} if self.within is None else {"minimum": self.within[0], "maximum": self.within[1]}
        return json_schema_of(self.type) | limits

    def read(self, value: object) -> Expr:
        """Check a constant against the type; leave a template to the type checker."""
        expr = make_expr(value, self.type, self.sink)
        if not expr.is_constant:
            if self.literal:
                raise PydanticCustomError("literal", "must be a plain value: it is needed when the flow is built")
            return expr
        if self.computed:
            raise PydanticCustomError("constant_type", "expected {wanted}", {"wanted": describe(self.type)})
        if _holds_template(value) and not isinstance(self.type, StrType):
            raise _scattered(value)
        kind = "literal" if self.literal else "constant_type"
        if not constant_fits(expr.constant, self.type):
            raise PydanticCustomError(kind, "expected {wanted}", {"wanted": describe(self.type)})
        if self.within is not None and not self.within[0] <= expr.constant <= self.within[1]:
            wanted = f"a number from {self.within[0]} to {self.within[1]}"
            raise PydanticCustomError(kind, "expected {wanted}", {"wanted": wanted})
        return expr


def _holds_template(value: object) -> bool:
    return (
        False
        if not isinstance(value, (dict, list))
        else any(isinstance(leaf, str) and has_holes(leaf) for leaf in leaves(value))
    )


def _scattered(value: object) -> PydanticCustomError:
    """A list or object with expressions at its leaves, where one expression or a constant is read."""
    whole = f"{{{{ {_as_expression(value)} }}}}"
    wish = f"write the whole value as one expression: {whole}" if len(whole) < 100 else "write it as one expression"
    message = f"this setting does not read expressions inside {'an object' if isinstance(value, Mapping) else 'a list'}"
    return problem("E144", message, help=wish)


def _as_expression(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{str(key)!r}: {_as_expression(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_as_expression, value)) + "]"
    if isinstance(value, str) and has_holes(value):
        held = parse_template(value).template
        parts = held.parts if held is not None else ()
        pieces = [
            repr(part.value) if isinstance(part, Text) else _inside(value[part.start : part.end]) for part in parts
        ]
        return " ~ ".join(pieces)
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else repr(_plain(value))


def _inside(hole: str) -> str:
    """What stands between the braces of a hole."""
    return hole.removeprefix("{{").removesuffix("}}").strip()


def leaves(value: object) -> Iterator[object]:
    """All scalars of a YAML value."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


@dataclass(frozen=True)
class ShapeSlot:
    """Pydantic annotation of a `Shape` field: any YAML value, expressions anywhere in it."""

    sink: Sink = Sink.VALUE
    type: Type = ANY

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        # Anything in it, and all of it, may be an expression.
        is_open = isinstance(self.type, ListType) and not isinstance(self.type.item, StrType)
        plain = json_schema_of(ListType(ANY) if is_open else self.type)
        return {"anyOf": [plain, EXPRESSION]} if plain else {}

    def read(self, value: object) -> Shape:
        """The value with an `Expr` at each leaf."""
        if isinstance(self.type, (ObjectType, MapType)) and not isinstance(value, Mapping) and not _is_template(value):
            raise PydanticCustomError("constant_type", "expected {wanted}", {"wanted": "a mapping of names to values"})
        if isinstance(self.type, ListType) and not isinstance(value, list) and not _is_template(value):
            raise PydanticCustomError("constant_type", "expected {wanted}", {"wanted": "a list"})
        return make_expr(value, self.type, self.sink) if _is_template(value) else make_shape(value, self.sink)


def _is_template(value: object) -> bool:
    return isinstance(value, str) and has_holes(value)


def make_shape(value: object, sink: Sink = Sink.VALUE) -> Shape:
    """The YAML value with an `Expr` at each leaf; keys stay constant strings."""
    if isinstance(value, Mapping):
        return {str(key): make_shape(item, sink) for key, item in value.items()}
    if isinstance(value, list):
        return [make_shape(item, sink) for item in value]
    return make_expr(value, ANY, sink)


@dataclass(frozen=True)
class BodySlot:
    """Pydantic annotation of a `RawBody` field: a map of node id to node."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return model_schema("Nodes")

    def read(self, value: object) -> RawBody:
        """Keep the map as it is; `graph.build` reads the nodes."""
        if not isinstance(value, Mapping) or not value:
            raise PydanticCustomError("body", "expected a map of node id to node")
        return RawBody(value)


StrExpr = Annotated[Expr, Slot(STR)]
KeyExpr = Annotated[Expr, Slot(ANY, Sink.KEY)]
IntExpr = Annotated[Expr, Slot(INT)]
Condition = Annotated[Expr, Slot(ANY, Sink.CONDITION)]
AnyShape = Annotated[Any, ShapeSlot()]
Nodes = Annotated[RawBody, BodySlot()]


def constant_fits(value: object, type_: Type) -> bool:
    """Whether a YAML constant is a value of the type."""
    match type_:
        case AnyType():
            return True
        case BoolType():
            return isinstance(value, bool)
        case IntType():
            return isinstance(value, int) and not isinstance(value, bool)
        case FloatType() | NumberType():
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case StrType(choices=None):
            return isinstance(value, str)
        case StrType(choices=choices):
            return value in (choices or ())
        case ListType(item):
            return isinstance(value, list) and all(constant_fits(each, item) for each in value)
        case MapType(item):
            return isinstance(value, dict) and all(constant_fits(each, item) for each in value.values())
        case ObjectType():
            return isinstance(value, dict)
        case UnionType(members):
            return any(constant_fits(value, member) for member in members)
        case _:
            return True


_JSON_TYPES: dict[type, str] = {
    BoolType: "boolean",
    IntType: "integer",
    FloatType: "number",
    NumberType: "number",
    ObjectType: "object",
    MapType: "object",
}


def json_schema_of(type_: Type) -> dict[str, Any]:
    """JSON Schema for constants of a setting's type."""
    if isinstance(type_, StrType):
        return {"type": "string"} if type_.choices is None else {"type": "string", "enum": list(type_.choices)}
    if isinstance(type_, ListType):
        return {"type": "array", "items": json_schema_of(type_.item)}
    name = _JSON_TYPES.get(type(type_))
    return {"type": name} if name else {}


def expressions_in(value: object, label: str = "") -> Iterator[tuple[str, Expr]]:
    """All expressions of a settings value with the setting's name, in the order they are declared; bodies are left
    out.
    """
    if isinstance(value, Expr):
        yield label, value
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            yield from expressions_in(getattr(value, name), info.alias or name)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from expressions_in(item, str(name))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from expressions_in(item, label)


def bodies_in(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], RawBody]]:
    """All bodies of a settings value, each with its path of aliases and indexes."""
    if isinstance(value, RawBody):
        yield path, value
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            yield from bodies_in(getattr(value, name), (*path, info.alias or name))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from bodies_in(item, (*path, str(name)))
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from bodies_in(item, (*path, number))


def unread_holes(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where expressions stand in what is read as plain text, or in the keys of an object: each with its path."""
    if isinstance(value, str):
        if has_holes(value):
            yield path
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            yield from unread_holes(getattr(value, name), (*path, info.alias or name))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if has_holes(str(name)):
                yield (*path, str(name))
            yield from unread_holes(item, (*path, str(name)))
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from unread_holes(item, (*path, number))
