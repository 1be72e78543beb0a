"""JSON Schema in settings: what may be written, and the type that it stands for.

Goes in: a schema as the flow has it. Comes out: the same as plain data, or a finding. References lead only to other
parts of the schema, so that nothing is ever fetched, and patterns are held to the rules for regular expressions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
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
_SINGLE = (
    *("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
_DEPTH = 32


def _is_schema(value: Any) -> bool:
    return isinstance(value, (dict, bool))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


_FORMS: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(_SINGLE, (_is_schema, "a schema")),
    **dict.fromkeys(
        _LISTS, (lambda value: isinstance(value, list) and all(map(_is_schema, value)), "a list of schemas")
    ),
    **dict.fromkeys(
        _MAPS,
        (lambda value: isinstance(value, dict) and all(map(_is_schema, value.values())), "a map of names to schemas"),
    ),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), (_is_number, "a number")),
    "multipleOf": (lambda value: _is_number(value) and value > 0, "a number above 0"),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
        (_is_count, "a whole number from 0"),
    ),
    **dict.fromkeys(("minContains", "maxContains"), (_is_count, "a whole number from 0")),
    **dict.fromkeys(
        ("uniqueItems", "deprecated", "readOnly", "writeOnly"), (lambda value: isinstance(value, bool), "true or false")
    ),
    "enum": (lambda value: isinstance(value, list) and bool(value), "a list of values"),
    "required": (_is_names, "a list of names, beside `properties`"),
    "dependentRequired": (
        lambda value: isinstance(value, dict) and all(map(_is_names, value.values())),
        "a map of names to lists of names",
    ),
}
"""What a keyword holds, so that no schema fails in the run."""

_KEYWORDS = (
    *_FORMS,
    *("type", "const", "pattern", "format", "$ref", "$dynamicRef", "$defs", "$schema", "$anchor", "$dynamicAnchor"),
    *("$comment", "title", "description", "default", "example", "examples", "contentEncoding", "contentMediaType"),
)


def _read_schema(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise problem("E142", "a JSON Schema is a map of keys")
    plain = _plain(value, 0)
    assert isinstance(plain, dict)
    for part in _parts(plain):
        _check_keywords(part)
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
    """The schema and all schemas inside of it, each before those that it holds."""
    if not isinstance(schema, dict):
        return
    yield schema
    for name in _MAPS:
        for part in schema.get(name, {}).values():
            yield from _parts(part)
    for name in _LISTS:
        for part in schema.get(name, []):
            yield from _parts(part)
    for name in _SINGLE:
        yield from _parts(schema.get(name))


def _check_keywords(part: Mapping[str, Any]) -> None:
    """Each keyword holds what it should, and none is a slip of the pen: JSON Schema passes over words it does not know,
    so that only those that look like one of its own are refused."""
    for name, value in part.items():
        fits, wanted = _FORMS.get(name, (None, ""))
        if fits is not None and not fits(value):
            raise problem("E463", f"`{name}` of a schema is {wanted}")
        if name not in _KEYWORDS and (label := did_you_mean(name, _KEYWORDS)):
            raise problem("E463", f"`{name[:60]}` is no keyword of JSON Schema", label=label)


def _check_type(part: Mapping[str, Any]) -> None:
    kinds = part.get("type", [])
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if kind not in _TYPE_NAMES:
            help_text = f"types are {', '.join(_TYPE_NAMES)}"
            label = did_you_mean(str(kind), _TYPE_NAMES)
            raise problem("E463", f"`{str(kind)[:60]}` is not a type of JSON Schema", help=help_text, label=label)


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
