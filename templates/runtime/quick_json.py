"""A second reader for JSON bodies, several times quicker than the first; it only ever says yes.

pydantic says what a body must be and lists everything that is wrong with one. For a body that is right, msgspec comes
to the same value in a third of the time. So a body is read here first; when this reader has any doubt, pydantic reads
it again and decides. What is read here is built from pydantic's own description of the type (its core schema), so
there is one declaration. A type with anything in it that the two could read differently has no quick reader: dates,
bytes, types that contain themselves, objects that take further fields.

What this reader accepts pydantic accepts too, and gives the same value, with fields in the order of their declaration.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import msgspec
from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

# Nothing but a doubt: whoever gets one asks pydantic.
DOUBTS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValidationError)

# pydantic stops at 200 levels, so a body without that many brackets is in no danger of being too deep.
_MAX_BRACKETS = 150

_LIMITS = {"ge": "ge", "gt": "gt", "le": "le", "lt": "lt", "min_length": "min_length", "max_length": "max_length"}
_SIMPLE: Mapping[str, Any] = {"str": str, "int": int, "float": float, "bool": bool, "none": None, "any": Any}
# What a schema may say beside its kind without changing what is accepted.
_HARMLESS = frozenset(("type", "ref", "metadata", "serialization", "strict"))


class _Unsure(Exception):
    """The type has a part that the two readers could read differently."""


@dataclass(slots=True)
class _Findings:
    """What came up on the way through a schema."""

    holds_anything: bool = False
    checks: dict[str, SchemaValidator] = field(default_factory=dict)
    """Fields of the body itself with limits that only pydantic knows, such as a pattern."""


def quick_reader(adapter: TypeAdapter[Any]) -> Callable[[bytes], Any] | None:
    """A function from a JSON body to its checked value, or None. The function raises one of `DOUBTS`."""
    schema: Any = adapter.core_schema
    found = _Findings()
    if schema.get("type") != "typed-dict":
        return None
    try:
        decode = msgspec.json.Decoder(_record(schema, found, is_body=True)).decode
    except (_Unsure, TypeError):
        return None
    as_data = msgspec.to_builtins

    def read(body: bytes) -> Any:
        return as_data(decode(body))

    def read_carefully(body: bytes) -> Any:
        if found.holds_anything and body.count(b"[") + body.count(b"{") > _MAX_BRACKETS:
            raise msgspec.DecodeError("perhaps too deep")
        data = as_data(decode(body))
        for name, check in found.checks.items():
            check.validate_python(data[name])
        return data

    return read_carefully if found.holds_anything or found.checks else read


def _record(schema: Mapping[str, Any], found: _Findings, *, is_body: bool = False) -> type[msgspec.Struct]:
    """A closed object as a struct, which refuses unknown fields and fills in defaults."""
    config = schema.get("config", {})
    if not config.get("strict") or schema.get("extra_behavior") != "forbid" or schema.get("computed_fields"):
        raise _Unsure
    names = {f"field_{number}": name for number, name in enumerate(schema["fields"])}
    fields = []
    for attribute, name in names.items():
        entry = schema["fields"][name]
        if "validation_alias" in entry:
            raise _Unsure
        type_, default = _field(name, entry, found, is_body)
        fields.append((attribute, type_, default) if default is not msgspec.NODEFAULT else (attribute, type_))
    return msgspec.defstruct("Record", fields, kw_only=True, forbid_unknown_fields=True, rename=names, gc=False)


def _field(name: str, entry: Mapping[str, Any], found: _Findings, is_body: bool) -> tuple[Any, Any]:
    """(type, default) of a field."""
    schema = entry["schema"]
    default: Any = msgspec.NODEFAULT
    if schema["type"] == "default":
        if "default" not in schema or schema.get("validate_default") or schema.get("on_error", "raise") != "raise":
            raise _Unsure
        value = schema["default"]
        # One value for all: `to_builtins` makes a new one of it for each body.
        default = msgspec.field(default_factory=lambda: value)
        schema = schema["schema"]
    elif not entry.get("required", True):
        return _type(schema, found) | msgspec.UnsetType, msgspec.UNSET
    try:
        return _type(schema, found), default
    except _Unsure:
        if not is_body:
            raise
        found.checks[name] = SchemaValidator(schema, {"strict": True})
        return _without_limits(schema), default


def _type(schema: Mapping[str, Any], found: _Findings) -> Any:
    """The type that msgspec reads; raises _Unsure."""
    kind = schema["type"]
    if kind in _SIMPLE:
        found.holds_anything |= kind == "any"
        return _limited(_SIMPLE[kind], schema)
    match schema:
        case {"type": "typed-dict"}:
            return _record(schema, found)
        case {"type": "nullable", "schema": inner}:
            _only(schema, "schema")
            return _type(inner, found) | None
        case {"type": "list", "items_schema": items}:
            return _limited(list[_type(items, found)], schema, "items_schema")  # type: ignore[misc]
        case {"type": "dict", "keys_schema": {"type": "str", **limits}, "values_schema": values} if not limits:
            found.holds_anything |= values["type"] == "any"
            return _limited(dict[str, _type(values, found)], schema, "keys_schema", "values_schema")  # type: ignore[misc]
        case {"type": "union", "choices": [{"type": "int", **first}, {"type": "float", **second}]} if (
            not first and not second
        ):
            _only(schema, "choices")
            return int | float
        case {"type": "literal", "expected": expected} if all(type(each) in (str, int) for each in expected):
            _only(schema, "expected")
            return Literal[tuple(expected)]
        case _:
            raise _Unsure


def _without_limits(schema: Mapping[str, Any]) -> Any:
    """The bare type of a value whose limits pydantic checks afterwards."""
    match schema:
        case {"type": "str"}:
            return str
        case {"type": "union", "choices": [{"type": "int"}, {"type": "float"}]}:
            return int | float
        case {"type": "function-after" | "nullable" as kind, "schema": inner}:
            return _without_limits(inner) | None if kind == "nullable" else _without_limits(inner)
        case _:
            raise _Unsure


def _limited(type_: Any, schema: Mapping[str, Any], *parts: str) -> Any:
    """The type with the limits that its schema sets."""
    limits = {_LIMITS[key]: schema[key] for key in schema if key in _LIMITS}
    _only(schema, *parts, *limits)
    return Annotated[type_, msgspec.Meta(**limits)] if limits else type_


def _only(schema: Mapping[str, Any], *known: str) -> None:
    """Raise _Unsure when a schema says anything that is not known here."""
    if schema.keys() - _HARMLESS - set(known):
        raise _Unsure
