"""Filters that sort, compare, group and add up the items of a list."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from catalyst.expressions.functions_each import of_each
from catalyst.expressions.functions_list import numbers_wanted
from catalyst.expressions.functions_model import Argument, EmitCall, FilterCall, FilterSpec, LambdaCode, Problem
from catalyst.expressions.functions_python import (
    ELEMENTS,
    LIST,
    Emit,
    always,
    argument,
    as_lambda,
    attribute,
    bare,
    call,
    code_of,
    constant,
    element,
    helper,
    helper_call,
    is_list,
    is_number,
    is_ordered,
    is_text,
    local,
    method,
    stream,
    streamed,
)
from catalyst.expressions.types import (
    ANY,
    BOOL,
    INT,
    NUMBER,
    BoolType,
    IntType,
    ListType,
    MapType,
    NoneType,
    ObjectType,
    Type,
    UnionType,
    describe,
    nullable,
    without_none,
)

GROUP = "list"

CASE = Argument("case_sensitive", BOOL, required=False, default=False, literal=True)
KEY = Argument("attribute", None, required=False, sugar="path")
REVERSE = Argument("reverse", BOOL, required=False, default=False)


def _compared(call_: FilterCall | EmitCall) -> Type:
    """The type of what is compared: an item, or what `attribute` gives for it."""
    given = call_.args if isinstance(call_, FilterCall) else call_.types
    value = call_.value if isinstance(call_, FilterCall) else call_.value_type
    return given.get("attribute", element(value))


def _has_order(call_: FilterCall) -> Iterator[Problem]:
    compared = _compared(call_)
    members = compared.members if isinstance(compared, UnionType) else (compared,)
    if all(isinstance(member, (ObjectType, MapType)) for member in members):
        yield Problem("E233", f"objects have no order ({describe(compared)})", "name a key: `attribute='k'`")
    elif without_none(compared) != compared or isinstance(compared, NoneType):
        advice = "take them out first: `compact`, or give a value instead: `sort_by(x => x.k ?? 0)`"
        yield Problem("E233", f"some of these may be none, and none has no order ({describe(compared)})", advice)


def _key(call_: EmitCall) -> ast.expr | None:
    """The `key=` that plain Python needs, or None when the items compare as they are."""
    code = code_of(call_, "attribute")
    folded = is_text(_compared(call_)) and not call_.constants.get("case_sensitive", False)
    if code is None:
        return attribute(local("str"), "lower") if folded else None
    return as_lambda(LambdaCode(code.parameters, method(code.body, "lower") if folded else code.body))


def _is_plain_order(call_: EmitCall) -> bool:
    return is_list(bare(call_.value_type)) and is_ordered(_compared(call_))


def _sort(call_: EmitCall) -> ast.expr:
    if not _is_plain_order(call_):
        return helper_call(call_, "ordering", "sort", ("reverse", "case_sensitive", "attribute"))
    keywords: dict[str, ast.expr] = {}
    key, reverse = _key(call_), argument(call_, "reverse")
    if key is not None:
        keywords["key"] = key
    if reverse is not None:
        keywords["reverse"] = reverse
    return call("sorted", streamed(call_.value), **keywords)


def _sort_by(call_: EmitCall) -> ast.expr:
    code = code_of(call_, "attribute")
    reverse = argument(call_, "reverse")
    keywords = {"reverse": reverse} if reverse is not None else {}
    key = as_lambda(code) if code else constant(None)
    if _is_plain_order(call_):
        return call("sorted", streamed(call_.value), key=key, **keywords)
    sort = call_.use("ordering", "sort")
    return call(sort, call_.value, **keywords, case_sensitive=constant(True), attribute=key)


def _extreme(function: str, helper_name: str) -> Emit:
    def emit(call_: EmitCall) -> ast.expr:
        if not _is_plain_order(call_):
            return helper_call(call_, "ordering", helper_name, ("case_sensitive", "attribute"))
        key = _key(call_)
        keywords = {"key": key} if key is not None else {}
        return call(function, streamed(call_.value), **keywords, default=constant(None))

    return emit


def _unique(call_: EmitCall) -> ast.expr:
    item = element(call_.value_type)
    same = is_number(item) or isinstance(item, BoolType) or (is_text(item) and call_.constants.get("case_sensitive"))
    if same and is_list(bare(call_.value_type)) and "attribute" not in call_.args:
        return call("list", method(local("dict"), "fromkeys", streamed(call_.value)))
    return helper_call(call_, "ordering", "unique", ("case_sensitive", "attribute"))


def _sum_type(call_: FilterCall) -> Type:
    numbers = (_compared(call_), call_.args.get("start", INT))
    return INT if all(isinstance(number, IntType) for number in numbers) else NUMBER


def _sum(call_: EmitCall) -> ast.expr:
    if not (is_list(bare(call_.value_type)) and is_number(_compared(call_))):
        return helper_call(call_, "ordering", "total", ("attribute", "start"))
    code, start = code_of(call_, "attribute"), argument(call_, "start")
    numbers = stream(code.body, code.parameters[0], call_.value) if code else streamed(call_.value)
    return call("sum", numbers, *([start] if start is not None else []))


FILTERS = (
    FilterSpec(
        name="sort",
        group=GROUP,
        summary="The items in order, or ordered by one of their keys; capitals do not matter unless `case_sensitive`.",
        example=("['b', 'A', 'c'] | sort(reverse=true)", ["c", "b", "A"]),
        accepts=ELEMENTS,
        arguments=(REVERSE, CASE, KEY),
        result=lambda call_: ListType(element(call_.value)),
        emit=_sort,
        lambda_parameters=of_each,
        check=_has_order,
        jinja=True,
    ),
    FilterSpec(
        name="sort_by",
        group=GROUP,
        summary="The items in the order of what a lambda gives for each; capitals matter.",
        example=("[{'n': 2}, {'n': 1}] | sort_by(x => x.n)", [{"n": 1}, {"n": 2}]),
        accepts=LIST,
        arguments=(Argument("attribute", None, sugar="path"), REVERSE),
        result=lambda call_: ListType(element(call_.value)),
        emit=_sort_by,
        lambda_parameters=of_each,
        check=_has_order,
    ),
    FilterSpec(
        name="unique",
        group=GROUP,
        summary="The first of each group of equal items, or of items with the same value of a key.",
        example=("['a', 'A', 'b'] | unique", ["a", "b"]),
        accepts=ELEMENTS,
        arguments=(CASE, KEY),
        result=lambda call_: ListType(element(call_.value)),
        emit=_unique,
        lambda_parameters=of_each,
        jinja=True,
    ),
    FilterSpec(
        name="min",
        group=GROUP,
        summary="The smallest item, or the item with the smallest value of a key; none when the list is empty.",
        example=("[3, 1, 2] | min", 1),
        accepts=ELEMENTS,
        arguments=(CASE, KEY),
        result=lambda call_: nullable(element(call_.value)),
        emit=_extreme("min", "smallest"),
        lambda_parameters=of_each,
        check=_has_order,
        jinja=True,
    ),
    FilterSpec(
        name="max",
        group=GROUP,
        summary="The largest item, or the item with the largest value of a key; none when the list is empty.",
        example=("[3, 1, 2] | max", 3),
        accepts=ELEMENTS,
        arguments=(CASE, KEY),
        result=lambda call_: nullable(element(call_.value)),
        emit=_extreme("max", "largest"),
        lambda_parameters=of_each,
        check=_has_order,
        jinja=True,
    ),
    FilterSpec(
        name="sum",
        group=GROUP,
        summary="`start` plus the items, or plus one of their keys.",
        example=("[{'n': 1}, {'n': 2}] | sum('n', 10)", 13),
        accepts=LIST,
        arguments=(KEY, Argument("start", NUMBER, required=False, default=0)),
        result=_sum_type,
        emit=_sum,
        lambda_parameters=of_each,
        check=numbers_wanted,
        jinja=True,
    ),
    FilterSpec(
        name="groupby",
        group=GROUP,
        summary="Pairs of a value of a key and the list of items that have it, in the order of these values.",
        example=("[{'k': 'b'}, {'k': 'a'}] | groupby('k')", [["a", [{"k": "a"}]], ["b", [{"k": "b"}]]]),
        accepts=LIST,
        arguments=(
            Argument("attribute", None, sugar="path"),
            Argument("default", ANY, required=False),
            CASE,
        ),
        result=always(ListType(LIST)),
        emit=helper("ordering", "group_by", ("attribute", "default", "case_sensitive")),
        lambda_parameters=of_each,
        jinja=True,
    ),
)
