"""JSON Schema in settings: what may be written, and the type that it stands for.

Goes in: a schema as the flow has it. Comes out: the same as plain data, or a finding. References lead only to other
parts of the schema, so that nothing is ever fetched, and patterns are held to the rules for regular expressions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from catalyst.diagnostics import did_you_mean
from catalyst.expressions.regex_safety import regex_problem
from catalyst.expressions.types import (
    ANY,
    BOOL,
    INT,
    NUMBER,
    OPEN_OBJECT,
    STR,
    FieldType,
    ListType,
    ObjectType,
    StrType,
    Type,
    nullable,
)
from catalyst.spec.problems import Reader, problem

_TYPES: dict[str, Type] = {
    "string": STR,
    "integer": INT,
    "number": NUMBER,
    "boolean": BOOL,
    "object": OPEN_OBJECT,
    "array": ListType(ANY),
}
_TYPE_NAMES = (*_TYPES, "null")
_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_MOST_NAMES = 2_000
_DEPTH = 32


def _read_schema(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise problem("E142", "a JSON Schema is a map of keys")
    plain = _plain(value, 0)
    assert isinstance(plain, dict)
    for part in _parts(plain):
        _check_type(part)
        _check_pattern(part)
        _check_reference(part, plain)
    return plain


JsonSchema = Annotated[dict[str, Any], Reader(_read_schema, {"type": "object"})]


def schema_type(schema: Mapping[str, Any]) -> Type:
    """The type of what fits a schema, as far as the checker can use it."""
    kinds = schema.get("type")
    if isinstance(kinds, list):
        named = [kind for kind in kinds if kind != "null"]
        inner = schema_type({**schema, "type": named[0]}) if len(named) == 1 else ANY
        return nullable(inner) if "null" in kinds else inner
    choices = schema.get("enum")
    if kinds == "string" and isinstance(choices, list) and choices and all(isinstance(each, str) for each in choices):
        return StrType(tuple(choices))
    if kinds == "array" and isinstance(schema.get("items"), Mapping):
        return ListType(schema_type(schema["items"]))
    if kinds == "object" and isinstance(schema.get("properties"), Mapping):
        return _object_type(schema)
    return _TYPES.get(kinds, ANY) if isinstance(kinds, str) else ANY


def _object_type(schema: Mapping[str, Any]) -> Type:
    required = schema.get("required", [])
    fields = tuple(
        (name, FieldType(schema_type(part) if isinstance(part, Mapping) else ANY, name in required))
        for name, part in schema["properties"].items()
    )
    return ObjectType(fields, open=schema.get("additionalProperties") is not False)


def _plain(value: Any, depth: int) -> Any:
    """The schema without its places in the file."""
    if depth > _DEPTH:
        raise problem("E463", f"this schema is nested more than {_DEPTH} levels deep")
    if isinstance(value, Mapping):
        return {str(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    return str(value) if isinstance(value, str) else value


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    """The schema and all schemas inside of it."""
    if not isinstance(schema, dict):
        return
    yield schema
    for name in _MAPS:
        inner = schema.get(name, {})
        if not isinstance(inner, dict):
            raise problem("E463", f"`{name}` of a schema is a map of names to schemas")
        for part in inner.values():
            yield from _parts(part)
    for name in _LISTS:
        inner = schema.get(name, [])
        if not isinstance(inner, list):
            raise problem("E463", f"`{name}` of a schema is a list of schemas")
        for part in inner:
            yield from _parts(part)
    for name in _SINGLE:
        yield from _parts(schema.get(name))


def _check_type(part: Mapping[str, Any]) -> None:
    kinds = part.get("type", [])
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if kind not in _TYPE_NAMES:
            help_text = f"types are {', '.join(_TYPE_NAMES)}"
            label = did_you_mean(str(kind), _TYPE_NAMES)
            raise problem("E463", f"`{str(kind)[:60]}` is not a type of JSON Schema", help=help_text, label=label)
    required = part.get("required", [])
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        raise problem("E463", "`required` of a schema is a list of names, beside `properties`")


def _check_pattern(part: Mapping[str, Any]) -> None:
    patterns = [part["pattern"]] if "pattern" in part else []
    for pattern in [*patterns, *part.get("patternProperties", {})]:
        try:
            wrong = regex_problem(re.compile(pattern).pattern)
        except (re.error, TypeError, OverflowError, RecursionError):
            wrong = "this is not a regular expression"
        if wrong:
            raise problem("E463", f"a pattern of this schema cannot be used: {wrong}")


def _check_reference(part: Mapping[str, Any], whole: dict[str, Any]) -> None:
    for name in ("$ref", "$dynamicRef"):
        reference = part.get(name)
        if reference is not None and (not isinstance(reference, str) or not _leads_somewhere(reference, whole)):
            help_text = "write `#/$defs/Name`, and the schema under `$defs`"
            raise problem("E463", "a reference of this schema leads to no part of it", help=help_text)
    if "$id" in part:
        raise problem("E463", "a schema here has no `$id`", help="leave it out: references lead inside of it only")


def _leads_somewhere(reference: str, whole: Any) -> bool:
    if not reference.startswith("#"):
        return False
    current = whole
    for step in reference[1:].split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(current, dict) or key not in current:
            return False
        current = current[key]
    return reference == "#" or reference.startswith("#/")
