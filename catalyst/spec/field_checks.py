"""Do the limits, choices and the default of a field fit its type, and each other?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from catalyst.diagnostics import Diagnostic, Span, did_you_mean
from catalyst.spec.inputs import FieldSpec
from catalyst.spec.problems import kind_of
from catalyst.spec.tree import LocatedMap, key_span_at, span_at
from catalyst.spec.typetext import ArrayType, MapOfType, NamedType, OptionalType, RecordType, SimpleType, TypeText
from catalyst.spec.validate import Place

_NUMERIC = ("integer", "number", "any")
_SIZED = ("string", "bytes", "array", "any")
_MEANT_FOR = {
    **dict.fromkeys(("min", "max", "minimum", "maximum"), _NUMERIC),
    **dict.fromkeys(("min_length", "max_length"), _SIZED),
    "pattern": ("string", "any"),
}
_NO_DEFAULT = ("file", "bytes")


def check_field(field: FieldSpec, path: Place, tree: LocatedMap, start: Span) -> Iterator[Diagnostic]:
    """Everything about one field and the fields inside of it; `path` leads to it in the tree."""
    type_ = field.full_type
    yield from _limits(field, _bare(type_), path, tree, start)
    for index, choice in enumerate(field.enum or ()):
        if not fits(choice, type_):
            span = span_at(tree, (*path, "enum", index), start)
            yield Diagnostic("E255", "error", f"this choice is not {_described(type_)}", span)
    if field.has_default:
        yield from _default(field, type_, path, tree, start)
    if field.items is not None:
        yield from check_field(field.items, (*path, "items"), tree, start)
    for name, inner in (field.properties or {}).items():
        at = (*path, "properties", name)
        short = (*path, name)
        yield from check_field(
            inner, at if span_at(tree, at, start) != span_at(tree, path, start) else short, tree, start
        )


def _limits(field: FieldSpec, type_: TypeText, path: Place, tree: LocatedMap, start: Span) -> Iterator[Diagnostic]:
    kind = type_.name if isinstance(type_, SimpleType) else "array" if isinstance(type_, ArrayType) else "object"
    if isinstance(type_, NamedType):
        return
    for key in (key for key, kinds in _MEANT_FOR.items() if key in field.model_fields_set and kind not in kinds):
        span = key_span_at(tree, (*path, key), start)
        yield Diagnostic("E255", "error", f"`{key}` has no meaning for {_described(type_)}", span, "remove it")
    yield from _crossed(field, path, tree, start)


def _crossed(field: FieldSpec, path: Place, tree: LocatedMap, start: Span) -> Iterator[Diagnostic]:
    """Limits that nothing can satisfy."""
    if field.lowest is not None and field.highest is not None and field.lowest > field.highest:
        key = "min" if field.min is not None else "minimum"
        yield Diagnostic("E255", "error", "the smallest value is above the largest", span_at(tree, (*path, key), start))
    if field.min_length is not None and field.max_length is not None and field.min_length > field.max_length:
        span = span_at(tree, (*path, "min_length"), start)
        yield Diagnostic("E255", "error", "the shortest length is above the longest", span)


def _default(field: FieldSpec, type_: TypeText, path: Place, tree: LocatedMap, start: Span) -> Iterator[Diagnostic]:
    span = span_at(tree, (*path, "default"), start)
    value = field.default
    bare = _bare(type_)
    if isinstance(bare, SimpleType) and bare.name in _NO_DEFAULT:
        yield Diagnostic("E255", "error", f"a {bare.name} cannot have a default", span, "use `required: false`")
    elif not fits(value, type_):
        help_text = _advice(type_)
        if value is None:
            help_text = "write `T?` for a type that may be none, or `required: false`"
        yield Diagnostic("E255", "error", f"the default is {kind_of(value)}, not {_described(type_)}", span, help_text)
    elif field.enum is not None and value is not None and value not in field.enum:
        choices = [str(choice) for choice in field.enum]
        help_text = f"it can be: {', '.join(choices)}"
        yield Diagnostic(
            "E255", "error", "the default is not one of the choices", span, help_text, did_you_mean(str(value), choices)
        )
    else:
        yield from _default_limits(field, value, span)


def _default_limits(field: FieldSpec, value: Any, span: Span) -> Iterator[Diagnostic]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if field.lowest is not None and value < field.lowest:
            yield Diagnostic("E255", "error", f"the default is below the smallest value, {field.lowest}", span)
        if field.highest is not None and value > field.highest:
            yield Diagnostic("E255", "error", f"the default is above the largest value, {field.highest}", span)
    if isinstance(value, (str, list)):
        if field.min_length is not None and len(value) < field.min_length:
            yield Diagnostic("E255", "error", f"the default is shorter than {field.min_length}", span)
        if field.max_length is not None and len(value) > field.max_length:
            yield Diagnostic("E255", "error", f"the default is longer than {field.max_length}", span)


def check_value(value: Any, field: FieldSpec, name: str, span: Span) -> Iterator[Diagnostic]:
    """Whether a constant of the flow may be given for the field `name`."""
    type_ = field.full_type
    if not fits(value, type_):
        message = f"`{name}` is {_described(type_)}, but this is {kind_of(value)}"
        yield Diagnostic("E251", "error", message, span, _advice(type_))
    elif field.enum is not None and value is not None and value not in field.enum:
        help_text = f"it can be: {', '.join(str(choice) for choice in field.enum)}"
        yield Diagnostic("E251", "error", f"`{name}` cannot have this value", span, help_text)


def fits(value: Any, type_: TypeText) -> bool:
    """Whether a constant may be a value of a type; named types are not looked into."""
    match type_:
        case OptionalType(inner):
            return value is None or fits(value, inner)
        case ArrayType(item):
            return isinstance(value, list) and all(fits(each, item) for each in value)
        case MapOfType(inner):
            return isinstance(value, dict) and all(fits(each, inner) for each in value.values())
        case RecordType(fields):
            known = {field.name: field for field in fields}
            return (
                isinstance(value, dict)
                and all(key in known and fits(item, known[key].type) for key, item in value.items())
                and all(name in value for name, field in known.items() if field.required)
            )
        case NamedType():
            return value is not None
        case SimpleType(name):
            return _fits_simple(value, name)


def _fits_simple(value: Any, name: str) -> bool:
    match name:
        case "string":
            return isinstance(value, str)
        case "datetime":
            return isinstance(value, str) and _is_moment(value)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case _:
            return True


def _advice(type_: TypeText) -> str:
    if _bare(type_) == SimpleType("datetime"):
        return "write it in ISO 8601, such as '2024-01-05T10:00:00Z'"
    if _bare(type_) == SimpleType("string"):
        return "quote it to make it text"
    return f"write {_described(type_)}"


def _is_moment(text: str) -> bool:
    """Whether a text names day and time in ISO 8601, which is what the emitted service takes."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return len(text) > len("2024-01-05") and text[10] in "Tt_ "


def _bare(type_: TypeText) -> TypeText:
    return type_.inner if isinstance(type_, OptionalType) else type_


_ARTICLE = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "string": "text"}


def _described(type_: TypeText) -> str:
    match type_:
        case OptionalType(inner):
            return f"{_described(inner)} or none"
        case SimpleType(name):
            return _ARTICLE.get(name, f"of type {name}")
        case ArrayType():
            return "a list of the right items"
        case NamedType(name=name):
            return f"a {name}"
        case _:
            return "a map with the right fields"
