"""Filters that take any value: defaults, conversions and JSON."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from catalyst.expressions.functions_model import Argument, EmitCall, FilterCall, FilterSpec, LambdaCode, Problem
from catalyst.expressions.functions_python import (
    always,
    argument,
    as_lambda,
    bare,
    call,
    choose,
    compare,
    constant,
    helper,
    helper_call,
    is_list,
    is_number,
    is_object,
    is_text,
)
from catalyst.expressions.types import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    STR,
    BoolType,
    FloatType,
    IntType,
    NoneType,
    Type,
    union,
    without_none,
)

GROUP = "any"


def _default_type(call_: FilterCall) -> Type:
    fallback = call_.args.get("default_value", STR)
    value = without_none(call_.value)
    return fallback if isinstance(value, NoneType) else union(value, fallback)


def _default(call_: EmitCall) -> ast.expr:
    fallback = argument(call_, "default_value") or constant("")
    if call_.constants.get("boolean"):
        return ast.BoolOp(ast.Or(), [call_.value, fallback])
    if isinstance(call_.value, ast.Name):
        return choose(compare(call_.value, ast.IsNot(), constant(None)), call_.value, fallback)
    if isinstance(fallback, (ast.Constant, ast.Name)):
        return call(call_.use("values", "coalesce"), call_.value, fallback)
    return call(call_.use("values", "fall_back"), call_.value, as_lambda(LambdaCode((), fallback)))


def _string(call_: EmitCall) -> ast.expr:
    if is_text(call_.value_type):
        return call_.value
    if isinstance(call_.value_type, IntType):
        return call("str", call_.value)
    return helper_call(call_, "text", "text")


def _int(call_: EmitCall) -> ast.expr:
    if isinstance(call_.value_type, (IntType, BoolType)):
        return call("int", call_.value)
    return helper_call(call_, "convert", "to_int", ("default",))


def _float(call_: EmitCall) -> ast.expr:
    if isinstance(call_.value_type, FloatType):
        return call("float", call_.value)
    return helper_call(call_, "convert", "to_float", ("default",))


def _bool(call_: EmitCall) -> ast.expr:
    known = bare(call_.value_type)
    if isinstance(call_.value_type, BoolType):
        return call_.value
    if is_number(known) or is_list(known) or is_object(known):
        return call("bool", call_.value)
    return helper_call(call_, "convert", "to_bool")


def _or_default(number: Type) -> Callable[[FilterCall], Type]:
    def result(call_: FilterCall) -> Type:
        sure = is_number(call_.value) or isinstance(call_.value, BoolType)
        return number if sure or "default" not in call_.args else union(number, call_.args["default"])

    return result


def _indent_in_range(call_: FilterCall) -> Iterator[Problem]:
    given = call_.constant("indent")
    if isinstance(given, int) and not 0 <= given <= 16:
        yield Problem("E232", "`json` indents by 0 to 16 spaces", None, "indent")


FILTERS = (
    FilterSpec(
        name="default",
        group=GROUP,
        summary="The value, or `default_value` when it is missing or none; with `boolean` also when empty or false.",
        example=("none | default('nobody')", "nobody"),
        accepts=ANY,
        arguments=(
            Argument("default_value", ANY, required=False, default=""),
            Argument("boolean", BOOL, required=False, default=False, literal=True),
        ),
        result=_default_type,
        emit=_default,
        soft=True,
    ),
    FilterSpec(
        name="string",
        group=GROUP,
        summary="The value as text, as it would print inside other text.",
        example=("[1, true, none] | string", "[1,true,null]"),
        accepts=ANY,
        arguments=(),
        result=always(STR),
        emit=_string,
        keeps_secret=True,
    ),
    FilterSpec(
        name="int",
        group=GROUP,
        summary="The number that a text stands for, or a number, without its fraction; else `default`, or an error.",
        example=("'42.9' | int", 42),
        accepts=ANY,
        arguments=(Argument("default", ANY, required=False),),
        result=_or_default(INT),
        emit=_int,
    ),
    FilterSpec(
        name="float",
        group=GROUP,
        summary="The number that a text stands for; else `default`, or an error.",
        example=("'2.5' | float", 2.5),
        accepts=ANY,
        arguments=(Argument("default", ANY, required=False),),
        result=_or_default(FLOAT),
        emit=_float,
    ),
    FilterSpec(
        name="bool",
        group=GROUP,
        summary="Whether a value counts as true; a text must say true or false, yes or no, on or off, 1 or 0.",
        example=("'yes' | bool", True),
        accepts=ANY,
        arguments=(),
        result=always(BOOL),
        emit=_bool,
    ),
    FilterSpec(
        name="type",
        group=GROUP,
        summary="The name of the value's type: none, boolean, integer, number, string, array, object or datetime.",
        example=("[1] | type", "array"),
        accepts=ANY,
        arguments=(),
        result=always(STR),
        emit=helper("values", "kind_of"),
    ),
    FilterSpec(
        name="json",
        group=GROUP,
        summary="The value as JSON text: compact, or on several lines with `indent` spaces per level.",
        example=("{'a': [1, none]} | json", '{"a":[1,null]}'),
        accepts=ANY,
        arguments=(Argument("indent", INT, required=False),),
        result=always(STR),
        emit=helper("text", "to_json", ("indent",)),
        check=_indent_in_range,
    ),
    FilterSpec(
        name="fromjson",
        group=GROUP,
        summary="The value that a JSON text stands for.",
        example=("'[1, null]' | fromjson", [1, None]),
        accepts=STR,
        arguments=(),
        result=always(ANY),
        emit=helper("text", "from_json"),
    ),
)
