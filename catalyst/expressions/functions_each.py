"""Filters that ask something of each item of a list: `map`, `filter`, `find` and their like."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from catalyst.expressions.functions_list import can_be_walked
from catalyst.expressions.functions_model import Argument, EmitCall, FilterCall, FilterSpec, LambdaCode, Problem
from catalyst.expressions.functions_python import (
    ELEMENTS,
    LIST,
    Emit,
    always,
    call,
    code_of,
    constant,
    each,
    element,
    helper_call,
    is_text,
    local,
    negate,
    stream,
)
from catalyst.expressions.types import (
    ANY,
    BOOL,
    NUMBER,
    STR,
    BoolType,
    FloatType,
    IntType,
    ListType,
    MapType,
    NumberType,
    StrType,
    Type,
    accepts,
    describe,
    nullable,
    without_none,
)

GROUP = "list"
_SCALARS = (IntType, FloatType, NumberType, StrType, BoolType)
_WIDER: dict[type, Type] = {FloatType: NUMBER, StrType: STR}
"""What a total may become that starts as a constant of these types."""
_ITSELF = LambdaCode(("item",), local("item"))


def of_each(call_: FilterCall) -> tuple[Type, ...]:
    """A lambda's one parameter is an element of the list."""
    return (element(call_.value),)


def _elements(call_: FilterCall) -> Type:
    item = element(call_.value)
    return ListType(without_none(item) if call_.present else item)


def _mapped(call_: FilterCall) -> Type:
    return ListType(call_.args.get("each", ANY))


def _map(call_: EmitCall) -> ast.expr:
    code = code_of(call_, "each")
    if code and can_be_walked(call_.value_type):
        return each(code.body, code.parameters[0], call_.value)
    return helper_call(call_, "lists", "mapped", ("each",))


def _select(call_: EmitCall) -> ast.expr:
    code = code_of(call_, "test") or _ITSELF
    if can_be_walked(call_.value_type):
        return each(local(code.parameters[0]), code.parameters[0], call_.value, code.body)
    return helper_call(call_, "lists", "selected", ("test",))


def _reject(call_: EmitCall) -> ast.expr:
    code = code_of(call_, "test") or _ITSELF
    if can_be_walked(call_.value_type):
        return each(local(code.parameters[0]), code.parameters[0], call_.value, negate(code.body))
    return helper_call(call_, "lists", "rejected", ("test",))


def _find(call_: EmitCall) -> ast.expr:
    code = code_of(call_, "test")
    if code and can_be_walked(call_.value_type):
        found = stream(local(code.parameters[0]), code.parameters[0], call_.value, code.body)
        return call("next", found, constant(None))
    return helper_call(call_, "lists", "find", ("test",))


def _quantifier(function: str, helper_name: str) -> Emit:
    def emit(call_: EmitCall) -> ast.expr:
        code = code_of(call_, "test")
        if code and can_be_walked(call_.value_type):
            return call(function, stream(code.body, code.parameters[0], call_.value))
        return helper_call(call_, "lists", helper_name, ("test",))

    return emit


def _total_and_item(call_: FilterCall) -> tuple[Type, ...]:
    """The value so far, and an item. A number, text or boolean stays what it was at the start; what else it may
    become is not followed.
    """
    start = call_.args.get("start", ANY)
    total = _WIDER.get(type(start), start) if isinstance(start, _SCALARS) else ANY
    return (total, element(call_.value))


def _total(call_: FilterCall) -> Type:
    return _total_and_item(call_)[0]


def _stays_what_it_is(call_: FilterCall) -> Iterator[Problem]:
    total, result = _total(call_), call_.args.get("each", ANY)
    if not accepts(total, result):
        help_ = "start with 0.0" if isinstance(total, IntType) else "start with a value of the same type"
        message = f"the lambda gives {describe(result)}, but `reduce` starts with {describe(total)}"
        yield Problem("E207", message, help_, "each")


def _reduce(call_: EmitCall) -> ast.expr:
    function = "reduced" if isinstance(call_.types.get("start"), _SCALARS) else "reduced_freely"
    return helper_call(call_, "lists", function, ("start", "each"))


def _index_by(call_: EmitCall) -> ast.expr:
    code = code_of(call_, "attribute")
    if code and can_be_walked(call_.value_type) and is_text(call_.types.get("attribute", ANY)):
        parameter = code.parameters[0]
        loop = ast.comprehension(ast.Name(parameter, ast.Store()), call_.value, [], 0)
        return ast.DictComp(code.body, local(parameter), [loop])
    return helper_call(call_, "lists", "index_by", ("attribute",))


FILTERS = (
    FilterSpec(
        name="map",
        group=GROUP,
        summary="What is made of each item: `map(x => e)`, `map('upper')` or `map(attribute='k')`.",
        example=("[1, 2] | map(x => x * 10)", [10, 20]),
        accepts=ELEMENTS,
        arguments=(Argument("each", None, sugar="filter"),),
        result=_mapped,
        emit=_map,
        lambda_parameters=of_each,
        jinja=True,
    ),
    FilterSpec(
        name="select",
        group=GROUP,
        summary="The items for which a lambda or a test holds; without one, the items that count as true.",
        example=("[1, 2, 3] | select('odd')", [1, 3]),
        accepts=ELEMENTS,
        arguments=(Argument("test", None, required=False, sugar="test"),),
        result=_elements,
        emit=_select,
        lambda_parameters=of_each,
        jinja=True,
    ),
    FilterSpec(
        name="reject",
        group=GROUP,
        summary="The items for which a lambda or a test does not hold.",
        example=("[1, 2, 3] | reject('odd')", [2]),
        accepts=ELEMENTS,
        arguments=(Argument("test", None, required=False, sugar="test"),),
        result=_elements,
        emit=_reject,
        lambda_parameters=of_each,
        jinja=True,
    ),
    FilterSpec(
        name="selectattr",
        group=GROUP,
        summary="The items of which a key passes a test: `selectattr('price', 'gt', 10)`; without a test, is true.",
        example=("[{'n': 1}, {'n': 2}] | selectattr('n', 'gt', 1)", [{"n": 2}]),
        accepts=LIST,
        arguments=(Argument("test", None, sugar="path"),),
        result=_elements,
        emit=_select,
        lambda_parameters=of_each,
        jinja=True,
    ),
    FilterSpec(
        name="rejectattr",
        group=GROUP,
        summary="The items of which a key does not pass a test.",
        example=("[{'n': 1}, {'n': 2}] | rejectattr('n', 'gt', 1)", [{"n": 1}]),
        accepts=LIST,
        arguments=(Argument("test", None, sugar="path"),),
        result=_elements,
        emit=_reject,
        lambda_parameters=of_each,
        jinja=True,
    ),
    FilterSpec(
        name="filter",
        group=GROUP,
        summary="The items for which a lambda holds.",
        example=("[1, 2, 3] | filter(n => n > 1)", [2, 3]),
        accepts=LIST,
        arguments=(Argument("test", None, sugar="test"),),
        result=_elements,
        emit=_select,
        lambda_parameters=of_each,
    ),
    FilterSpec(
        name="find",
        group=GROUP,
        summary="The first item for which a lambda holds, or none.",
        example=("[1, 2, 3] | find(n => n > 1)", 2),
        accepts=LIST,
        arguments=(Argument("test", None, sugar="test"),),
        result=lambda call_: nullable(element(call_.value)),
        emit=_find,
        lambda_parameters=of_each,
    ),
    FilterSpec(
        name="any",
        group=GROUP,
        summary="Whether a lambda holds for one item or more.",
        example=("[1, 2, 3] | any(n => n > 2)", True),
        accepts=LIST,
        arguments=(Argument("test", None, sugar="test"),),
        result=always(BOOL),
        emit=_quantifier("any", "any_of"),
        lambda_parameters=of_each,
    ),
    FilterSpec(
        name="all",
        group=GROUP,
        summary="Whether a lambda holds for every item.",
        example=("[1, 2, 3] | all(n => n > 2)", False),
        accepts=LIST,
        arguments=(Argument("test", None, sugar="test"),),
        result=always(BOOL),
        emit=_quantifier("all", "all_of"),
        lambda_parameters=of_each,
    ),
    FilterSpec(
        name="pluck",
        group=GROUP,
        summary="The value of one key of each item.",
        example=("[{'id': 1}, {'id': 2}] | pluck('id')", [1, 2]),
        accepts=LIST,
        arguments=(Argument("each", None, sugar="path"),),
        result=_mapped,
        emit=_map,
        lambda_parameters=of_each,
    ),
    FilterSpec(
        name="index_by",
        group=GROUP,
        summary="An object of the items by one of their keys, or by what a lambda gives; of equal ones the last stays.",
        example=("[{'id': 'a', 'n': 1}] | index_by('id')", {"a": {"id": "a", "n": 1}}),
        accepts=LIST,
        arguments=(Argument("attribute", None, sugar="path"),),
        result=lambda call_: MapType(element(call_.value)),
        emit=_index_by,
        lambda_parameters=of_each,
    ),
    FilterSpec(
        name="reduce",
        group=GROUP,
        summary="One value made of all items: `reduce(start, (total, x) => e)` gives the next total, item by item.",
        example=("[1, 2, 3] | reduce(1, (product, n) => product * n)", 6),
        accepts=ELEMENTS,
        arguments=(Argument("start", ANY), Argument("each", None)),
        result=_total,
        emit=_reduce,
        check=_stays_what_it_is,
        lambda_parameters=_total_and_item,
    ),
)
