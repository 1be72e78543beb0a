"""Filters of single numbers."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from catalyst.expressions.functions_model import Argument, EmitCall, FilterCall, FilterSpec, Problem
from catalyst.expressions.functions_python import always, call, constant, helper, helper_call, is_number
from catalyst.expressions.types import FLOAT, INT, NUMBER, STR, Type

GROUP = "number"


def _same_number(call_: FilterCall) -> Type:
    return call_.value if is_number(call_.value) else NUMBER


def _rounded(call_: FilterCall) -> Type:
    return FLOAT if call_.constant("method", "common") != "common" else _same_number(call_)


def _round(call_: EmitCall) -> ast.expr:
    precision = call_.constants.get("precision", 0)
    plain = "method" not in call_.args and isinstance(precision, int) and abs(precision) <= 300
    if plain and is_number(call_.value_type) and set(call_.args) <= set(call_.constants):
        return call("round", call_.value, constant(precision))
    return helper_call(call_, "rounding", "round_number", ("precision", "method"))


def _abs(call_: EmitCall) -> ast.expr:
    if is_number(call_.value_type):
        return call("abs", call_.value)
    return helper_call(call_, "rounding", "absolute")


def _method_known(call_: FilterCall) -> Iterator[Problem]:
    method = call_.constant("method", "common")
    if method not in {"common", "ceil", "floor"}:
        yield Problem("E232", "the method of `round` is `common`, `ceil` or `floor`", None, "method")
    precision = call_.constant("precision", 0)
    if isinstance(precision, int) and abs(precision) > 300:
        yield Problem("E232", "`round` takes a precision from -300 to 300", None, "precision")


FILTERS = (
    FilterSpec(
        name="round",
        group=GROUP,
        summary="The number rounded to `precision` digits behind the point; `method` is common, ceil or floor.",
        example=("2.345 | round(1)", 2.3),
        accepts=NUMBER,
        arguments=(
            Argument("precision", INT, required=False, default=0),
            Argument("method", STR, required=False, default="common", literal=True),
        ),
        result=_rounded,
        emit=_round,
        check=_method_known,
        jinja=True,
    ),
    FilterSpec(
        name="abs",
        group=GROUP,
        summary="The number without its sign.",
        example=("-3 | abs", 3),
        accepts=NUMBER,
        arguments=(),
        result=_same_number,
        emit=_abs,
        jinja=True,
    ),
    FilterSpec(
        name="ceil",
        group=GROUP,
        summary="The smallest whole number that is not below the number.",
        example=("1.2 | ceil", 2),
        accepts=NUMBER,
        arguments=(),
        result=always(INT),
        emit=helper("rounding", "ceil"),
    ),
    FilterSpec(
        name="floor",
        group=GROUP,
        summary="The largest whole number that is not above the number.",
        example=("1.8 | floor", 1),
        accepts=NUMBER,
        arguments=(),
        result=always(INT),
        emit=helper("rounding", "floor"),
    ),
)
