"""Applies the rules of `sinks.py` to a checked template, and compares its type with what the setting expects."""

from __future__ import annotations

import re
from dataclasses import dataclass

from catalyst.expressions.checker import Checker, default_help, fallback_for
from catalyst.expressions.sinks import RULES, Sink, SinkRule
from catalyst.expressions.tree import BoolOp, Coalesce, Expr, Filter, Hole, Literal_, Template
from catalyst.expressions.types import (
    ANY,
    BOOL,
    AnyType,
    BoolType,
    BytesType,
    FloatType,
    IntType,
    ListType,
    MapType,
    NoneType,
    NumberType,
    ObjectType,
    StrType,
    Type,
    accepts,
    describe,
    is_secret,
    may_be_none,
    without_none,
)


def check_sink(checker: Checker, template: Template, sink: Sink, right: frozenset[Hole]) -> None:
    """Report holes whose value may not go to the sink. `right` are those that have no error themselves."""
    rule = RULES[sink]
    before = ""
    for part in template.parts:
        if not isinstance(part, Hole):
            before += part.value
            continue
        place = _PLACES.get(sink)
        if sink is Sink.URL:
            place = _QUERY if "?" in before else _SEGMENT
        if part in right:
            _check_hole(checker, part, sink, rule, place)
        before += "x"
    if sink is Sink.SYSTEM and any(kind in ("input", "output", "local", "error") for kind, *_ in checker.refs):
        hole = next(part for part in template.parts if isinstance(part, Hole))
        help_ = "a caller could steer the model; put it into `prompt`, and constants, vars and env into `system`"
        checker.warn("W401", "the system prompt is made of data from outside", hole.expr, help_)
    _warn_operand(checker, template, sink)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value that may be none would leave a hole: what would happen, and a text to stand there instead."""

    without: str
    instead: str
    takes_empty: bool = True


_SEGMENT = _Place("without it the address would be that of something else", "unknown", takes_empty=False)
_QUERY = _Place("an empty parameter is not the same as none", "all")
_PLACES = {
    Sink.QUERY: _QUERY,
    Sink.HEADER: _Place("an empty header is not the same as none", "unknown"),
    Sink.PATH: _Place("without it the path would lead somewhere else", "unknown", takes_empty=False),
    Sink.KEY: _Place("without it the key would be that of something else", "unknown", takes_empty=False),
    Sink.SQL: _Place("nothing equals none in SQL; for NULL write `$1` and `params: [...]`", "unknown"),
    Sink.FILENAME: _Place("without it the file would have no name", "unnamed", takes_empty=False),
}


def _check_hole(checker: Checker, hole: Hole, sink: Sink, rule: SinkRule, place: _Place | None) -> None:
    type_ = hole.expr.type
    if is_secret(type_) and not rule.takes_secrets:
        help_ = "a secret goes only into headers, credentials and secret settings"
        checker.error("E301", f"a secret cannot go into {sink.value}", hole.expr, help_)
    if may_be_none(type_) and not rule.takes_none:
        message = f"value may be missing or null, and {sink.value} takes none"
        checker.error(rule.none_code, message, hole.expr, _none_help(checker, hole.expr, place))
    elif place is not None and not place.takes_empty and _falls_back_to_nothing(hole.expr):
        help_ = f"{place.without}; {_ways_out(checker, hole.expr, place)}"
        checker.error(rule.none_code, f"the fallback is empty, and {sink.value} takes no empty part", hole.expr, help_)
    if isinstance(without_none(type_), (ListType, ObjectType, MapType, BytesType)) and not rule.takes_lists:
        help_ = "choose one field, or join a list with `| join(',')`"
        checker.error(rule.shape_code, f"{describe(type_)} cannot go into {sink.value}", hole.expr, help_)
    if sink is Sink.FILENAME and not _is_safe_name(hole.expr):
        checker.error("E403", "a file name takes only what the filter slug gives", hole.expr, "add `| slug`")


def _none_help(checker: Checker, node: Expr, place: _Place | None) -> str:
    if place is None:
        return f"it would leave a hole in the text; {default_help(node.type)}"
    return f"{place.without}; {_ways_out(checker, node, place)}"


def _ways_out(checker: Checker, node: Expr, place: _Place) -> str:
    """A node that does not run without the value, or a fallback that means something there."""
    value = node.value if isinstance(node, Coalesce) else node
    fallback = fallback_for(value.type, repr(place.instead))
    written = str(checker.source[value.start : value.end]).strip()
    path = written if _SHORT_PATH.fullmatch(written) else "..."
    guard = f'`if: "{{{{ {path} is not none }}}}"`'
    return f"run the node only when it is there, {guard}, or say what is meant then, such as `?? {fallback}`"


_SHORT_PATH = re.compile(r"[A-Za-z_][\w.]{0,60}")


def _falls_back_to_nothing(node: Expr) -> bool:
    return isinstance(node, Coalesce) and isinstance(node.fallback, Literal_) and node.fallback.value == ""


def _is_safe_name(node: Expr) -> bool:
    return isinstance(node, Literal_) or (isinstance(node, Filter) and node.name == "slug")


def _warn_operand(checker: Checker, template: Template, sink: Sink) -> None:
    """`and`/`or` give an operand, which surprises where text is made of it."""
    if sink is Sink.CONDITION or template.whole:
        return
    for part in template.parts:
        if isinstance(part, Hole) and isinstance(part.expr, BoolOp) and not accepts(BOOL, part.expr.type):
            message = f"`{part.expr.op}` gives one of its operands, not true or false"
            checker.warn("W202", message, part.expr, "for a fallback write `??`, for a choice `a if condition else b`")


def check_expected(checker: Checker, template: Template, given: Type, expected: Type) -> None:
    """Report a template whose type is not what the setting takes."""
    if isinstance(expected, AnyType) or accepts(expected, given) or is_secret(given):
        return
    place: Expr | tuple[int, int] = (0, len(checker.source))
    if len(template.parts) == 1 and isinstance(template.parts[0], Hole):
        place = template.parts[0].expr
    if may_be_none(given) and not isinstance(given, NoneType) and accepts(expected, without_none(given)):
        message = f"{checker.what} needs {describe(expected)}, and this value may be missing or null"
        checker.error("E204", message, place, default_help(given))
        return
    message = f"{checker.what} needs {describe(expected)}, this gives {_given(given)}"
    checker.error("E206", message, place, _conversion(expected, without_none(given)))


def _given(type_: Type) -> str:
    return "string" if isinstance(type_, StrType) and type_.choices and len(type_.choices) == 1 else describe(type_)


def _conversion(expected: Type, given: Type) -> str | None:
    wanted = without_none(expected)
    number = (IntType, FloatType, NumberType)
    if isinstance(wanted, IntType) and isinstance(given, (StrType, FloatType, NumberType)):
        return "add `| int`"
    if isinstance(wanted, (FloatType, NumberType)) and isinstance(given, StrType):
        return "add `| float`"
    if isinstance(wanted, StrType) and wanted.choices is not None:
        return f"it takes {describe(wanted)}"
    if isinstance(wanted, StrType) and isinstance(given, (*number, BoolType)):
        return "add `| string`"
    if isinstance(wanted, StrType) and given != ANY:
        return "add `| json` for its JSON text"
    if isinstance(wanted, BoolType):
        return "compare it with something, or add `| bool`"
    if isinstance(wanted, ListType) and accepts(wanted.item, given):
        return "put it into a list: [value]"
    return None
