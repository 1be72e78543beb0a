"""The tests that `is` asks."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from catalyst.expressions.functions_model import Argument, EmitCall, TestSpec
from catalyst.expressions.functions_python import (
    ELEMENTS,
    Emit,
    argument,
    bare,
    binary,
    call,
    compare,
    constant,
    helper,
    helper_call,
    is_list,
    is_number,
    is_object,
    is_scalar,
    is_text,
    local,
    method,
    negate,
)
from catalyst.expressions.functions_regex import PATTERN, pattern_is_safe, pattern_python
from catalyst.expressions.functions_text import contains_python
from catalyst.expressions.types import ANY, NUMBER, STR, AnyType, BoolType, IntType, Type, UnionType

_OTHER = (Argument("right", ANY),)


def _is_a(*types: str) -> Emit:
    """`isinstance(value, types)`."""
    kinds: Sequence[ast.expr] = [local(name) for name in types]

    def emit(call_: EmitCall) -> ast.expr:
        return call("isinstance", call_.value, kinds[0] if len(kinds) == 1 else ast.Tuple(list(kinds), ast.Load()))

    return emit


def _is(value: bool | None) -> Emit:
    """`value is true`; of what can never be that, `False`."""

    def emit(call_: EmitCall) -> ast.expr:
        if isinstance(call_.value, ast.Constant):
            return constant(call_.value.value is value)
        if value is not None and _is_never_boolean(call_.value_type):
            return constant(False)
        return compare(call_.value, ast.Is(), constant(value))

    return emit


def _is_never_boolean(type_: Type) -> bool:
    return not isinstance(bare(type_), (AnyType, BoolType, UnionType))


def _there(call_: EmitCall) -> ast.expr:
    return call_.value


def _not_there(call_: EmitCall) -> ast.expr:
    return negate(call_.value)


def _rest(number: int, wanted: int, helper_name: str) -> Emit:
    """`value % number == wanted`."""

    def emit(call_: EmitCall) -> ast.expr:
        if isinstance(call_.value_type, IntType):
            return compare(binary(call_.value, ast.Mod(), constant(number)), ast.Eq(), constant(wanted))
        return helper_call(call_, "checks", helper_name)

    return emit


def _divisible(call_: EmitCall) -> ast.expr:
    number = call_.constants.get("number")
    if isinstance(call_.value_type, IntType) and isinstance(number, int) and number > 0:
        return compare(binary(call_.value, ast.Mod(), constant(number)), ast.Eq(), constant(0))
    return helper_call(call_, "checks", "is_divisible", ("number",))


def _empty(call_: EmitCall) -> ast.expr:
    known = bare(call_.value_type)
    if is_text(known) or is_list(known) or is_object(known):
        return ast.UnaryOp(ast.Not(), call_.value)
    return helper_call(call_, "checks", "is_empty")


def _text_method(name: str, module: str, helper_name: str, *names: str) -> Emit:
    def emit(call_: EmitCall) -> ast.expr:
        if is_text(bare(call_.value_type)):
            given = [argument(call_, each) for each in names]
            return method(call_.value, name, *[each for each in given if each is not None])
        return helper_call(call_, module, helper_name, names)

    return emit


def _alike(left: Type, right: Type) -> bool:
    """Whether Python's own `==` between them means what ours means."""
    known = is_scalar(left) and is_scalar(right)
    return known and isinstance(left, BoolType) == isinstance(right, BoolType)


def _equal(call_: EmitCall) -> ast.expr:
    if _alike(call_.value_type, call_.types.get("right", ANY)):
        return compare(call_.value, ast.Eq(), argument(call_, "right") or constant(None))
    return helper_call(call_, "values", "equal", ("right",))


def _unequal(call_: EmitCall) -> ast.expr:
    return negate(_equal(call_))


def _order(op: ast.cmpop, helper_name: str) -> Emit:
    def emit(call_: EmitCall) -> ast.expr:
        left, right = call_.value_type, call_.types.get("right", ANY)
        if (is_number(left) and is_number(right)) or (is_text(left) and is_text(right)):
            return compare(call_.value, op, argument(call_, "right") or constant(None))
        return helper_call(call_, "values", helper_name, ("right",))

    return emit


def _in(call_: EmitCall) -> ast.expr:
    container = call_.types.get("container", ANY)
    if is_text(call_.value_type) and (is_text(container) or is_object(container)):
        return compare(call_.value, ast.In(), argument(call_, "container") or constant(None))
    return helper_call(call_, "values", "is_in", ("container",))


def _entry(name: str, summary: str, example: str, emit: Emit, accepts: Type = ANY, *arguments: Argument) -> TestSpec:
    """A test whose example holds."""
    return TestSpec(
        name=name, summary=summary, example=(example, True), accepts=accepts, arguments=arguments, emit=emit
    )


TESTS = (
    TestSpec(
        name="defined",
        summary="A path leads somewhere; what stands there may be none.",
        example=("input.name is defined", True),
        accepts=ANY,
        arguments=(),
        emit=_there,
        needs_path=True,
    ),
    TestSpec(
        name="undefined",
        summary="A path leads nowhere.",
        example=("input.other is undefined", True),
        accepts=ANY,
        arguments=(),
        emit=_not_there,
        needs_path=True,
    ),
    TestSpec(
        name="none",
        summary="The value is none, or a path leads nowhere.",
        example=("none is none", True),
        accepts=ANY,
        arguments=(),
        emit=_is(None),
        soft=True,
    ),
    _entry("string", "The value is text.", "'a' is string", _is_a("str")),
    _entry("number", "The value is a number; a boolean is none.", "1.5 is number", helper("values", "is_number")),
    _entry("integer", "The value is a whole number.", "1 is integer", helper("checks", "is_integer")),
    _entry("float", "The value is a number with a fraction.", "1.5 is float", _is_a("float")),
    _entry("boolean", "The value is true or false.", "false is boolean", _is_a("bool")),
    _entry("true", "The value is true itself.", "true is true", _is(True)),
    _entry("false", "The value is false itself.", "false is false", _is(False)),
    _entry("mapping", "The value is an object.", "{'a': 1} is mapping", _is_a("dict")),
    _entry("list", "The value is a list.", "[1] is list", _is_a("list")),
    _entry("sequence", "The value is a list, text or an object.", "'a' is sequence", _is_a("list", "str", "dict")),
    _entry("iterable", "The value is a list, text or an object.", "[1] is iterable", _is_a("list", "str", "dict")),
    _entry("even", "The number can be divided by two.", "2 is even", _rest(2, 0, "is_even"), NUMBER),
    _entry("odd", "The number cannot be divided by two.", "3 is odd", _rest(2, 1, "is_odd"), NUMBER),
    _entry(
        "divisibleby",
        "The number can be divided by another.",
        "9 is divisibleby(3)",
        _divisible,
        NUMBER,
        Argument("number", NUMBER),
    ),
    TestSpec(
        name="empty",
        summary="A list, text or object has nothing in it; none is empty too.",
        example=("[] is empty", True),
        accepts=ANY,
        arguments=(),
        emit=_empty,
        soft=True,
    ),
    _entry("lower", "The letters are small.", "'abc' is lower", _text_method("islower", "checks", "is_lower"), STR),
    _entry("upper", "The letters are capitals.", "'ABC' is upper", _text_method("isupper", "checks", "is_upper"), STR),
    _entry("eq", "The values are equal.", "1 is eq(1.0)", _equal, ANY, *_OTHER),
    _entry("ne", "The values are not equal.", "1 is ne(2)", _unequal, ANY, *_OTHER),
    _entry("lt", "The value is smaller.", "1 is lt(2)", _order(ast.Lt(), "less"), ANY, *_OTHER),
    _entry("le", "The value is smaller or equal.", "1 is le(1)", _order(ast.LtE(), "less_equal"), ANY, *_OTHER),
    _entry("gt", "The value is larger.", "2 is gt(1)", _order(ast.Gt(), "greater"), ANY, *_OTHER),
    _entry("ge", "The value is larger or equal.", "1 is ge(1)", _order(ast.GtE(), "greater_equal"), ANY, *_OTHER),
    _entry(
        "sameas",
        "The values are equal and of the same type.",
        "true is sameas(true)",
        helper("checks", "is_same", ("right",)),
        ANY,
        *_OTHER,
    ),
    _entry(
        "in",
        "A list has the value, a text has it, or an object has it as a key.",
        "1 is in([1, 2])",
        _in,
        ANY,
        Argument("container", ELEMENTS),
    ),
    _entry(
        "contains",
        "The list has the item, the text the text, the object the key.",
        "[1, 2] is contains(1)",
        contains_python,
        ELEMENTS,
        Argument("item", ANY),
    ),
    TestSpec(
        name="matching",
        summary="A regular expression is found anywhere in the text; `^` and `$` tie it to the ends.",
        example=("'order-17' is matching('^order-\\\\d+$')", True),
        accepts=STR,
        arguments=(PATTERN,),
        emit=pattern_python("regex_match"),
        check=pattern_is_safe,
    ),
    _entry(
        "startswith",
        "The text starts with another.",
        "'abc' is startswith('ab')",
        _text_method("startswith", "strings", "starts_with", "prefix"),
        STR,
        Argument("prefix", STR),
    ),
    _entry(
        "endswith",
        "The text ends with another.",
        "'abc' is endswith('bc')",
        _text_method("endswith", "strings", "ends_with", "suffix"),
        STR,
        Argument("suffix", STR),
    ),
)

TEST_ALIASES = {
    "!=": "ne",
    "<": "lt",
    "<=": "le",
    "==": "eq",
    ">": "gt",
    ">=": "ge",
    "array": "list",
    "equalto": "eq",
    "greaterthan": "gt",
    "lessthan": "lt",
    "match": "matching",
    "matches": "matching",
    "null": "none",
    "object": "mapping",
}
"""Other names of tests."""
