"""The few functions: the clock, chance, ranges, and the smallest and largest of several values."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from catalyst.expressions.functions_encoding import ALGORITHMS, algorithm_known
from catalyst.expressions.functions_model import Argument, EmitCall, FilterCall, FunctionSpec, Problem
from catalyst.expressions.functions_python import (
    Emit,
    always,
    bare,
    call,
    constant,
    element,
    is_list,
    is_number,
    is_object,
    is_ordered,
    streamed,
)
from catalyst.expressions.types import (
    ANY,
    DATETIME,
    FLOAT,
    INT,
    STR,
    AnyType,
    ListType,
    NullableType,
    Type,
    UnionType,
    nullable,
)


def _helper(module: str, function: str, *names: str) -> Emit:
    """A call of a runtime helper with the arguments only; a gap is filled by name."""

    def emit(call_: EmitCall) -> ast.expr:
        positional: list[ast.expr] = []
        keywords: dict[str, ast.expr] = {}
        for name in names:
            given = call_.args.get(name)
            if isinstance(given, tuple):
                positional += given
            elif isinstance(given, ast.expr) and len(positional) == names.index(name):
                positional.append(given)
            elif isinstance(given, ast.expr):
                keywords[name] = given
        return call(call_.use(module, function), *positional, **keywords)

    return emit


def _values(call_: EmitCall) -> Sequence[ast.expr]:
    given = call_.args.get("values", ())
    return given if isinstance(given, tuple) else ()


def _extreme_type(call_: FilterCall) -> Type:
    """Of several values one of their types; of one list an element, or none."""
    given = call_.args.get("values", ANY)
    return nullable(element(given)) if is_list(bare(given)) else given


def _extreme(function: str, helper_name: str) -> Emit:
    def emit(call_: EmitCall) -> ast.expr:
        values, known = _values(call_), bare(call_.types.get("values", ANY))
        if len(values) > 1 and is_ordered(known):
            return call(function, *values)
        if len(values) == 1 and is_list(known) and is_number(element(known)):
            return call(function, streamed(values[0]), default=constant(None))
        one = values[0] if len(values) == 1 else ast.List(list(values), ast.Load())
        case = {"case_sensitive": ast.Constant(True)} if not is_number(element(known)) else {}
        found = call(call_.use("ordering", helper_name), one, **case)
        several = len(values) > 1 and not isinstance(known, AnyType)
        return call_.cast(known, found) if several else found  # of several there always is one

    return emit


def _comparable(call_: FilterCall) -> Iterator[Problem]:
    given = call_.args.get("values", ANY)
    if isinstance(given, NullableType):
        yield Problem("E204", "one of the values may be missing or null", "add `?? 0` behind it")
    unordered = call_.several and (is_list(bare(given)) or is_object(bare(given)))
    if unordered or isinstance(given, UnionType):
        yield Problem("E233", "these values have no common order", "convert them with `| int`, `| float` or `| string`")


def _concat(call_: EmitCall) -> ast.expr:
    return call(call_.use("text", "concat"), *_values(call_))


def _digest(call_: EmitCall) -> ast.expr:
    return _helper("encoding", "digest", "value", "algorithm")(call_)


_SEVERAL = Argument("values", ANY, variadic=True)

FUNCTIONS = (
    FunctionSpec(
        name="now",
        summary="The time, in UTC or in the time zone `tz`.",
        example=("now('Europe/Berlin')", None),
        arguments=(Argument("tz", STR, required=False, default="UTC"),),
        result=always(DATETIME),
        emit=_helper("impure", "now", "tz"),
        pure=False,
    ),
    FunctionSpec(
        name="uuid",
        summary="A new random identifier.",
        example=("uuid()", None),
        arguments=(),
        result=always(STR),
        emit=_helper("impure", "new_uuid"),
        pure=False,
    ),
    FunctionSpec(
        name="random",
        summary="A random number from 0 up to, but not including, 1.",
        example=("random()", None),
        arguments=(),
        result=always(FLOAT),
        emit=_helper("impure", "random_number"),
        pure=False,
    ),
    FunctionSpec(
        name="range",
        summary="The integers from `start` up to, but not including, `stop`; `range(3)` starts at 0.",
        example=("range(1, 7, 2)", [1, 3, 5]),
        arguments=(
            Argument("start", INT),
            Argument("stop", INT, required=False),
            Argument("step", INT, required=False, default=1),
        ),
        result=always(ListType(INT)),
        emit=_helper("lists", "counted", "start", "stop", "step"),
    ),
    FunctionSpec(
        name="min",
        summary="The smallest of several values, or of the items of one list.",
        example=("min(3, 1, 2)", 1),
        arguments=(_SEVERAL,),
        result=_extreme_type,
        emit=_extreme("min", "smallest"),
        check=_comparable,
    ),
    FunctionSpec(
        name="max",
        summary="The largest of several values, or of the items of one list.",
        example=("max(3, 1, 2)", 3),
        arguments=(_SEVERAL,),
        result=_extreme_type,
        emit=_extreme("max", "largest"),
        check=_comparable,
    ),
    FunctionSpec(
        name="concat",
        summary="The texts of all values in a row, as `~` joins them.",
        example=("concat('a', 1, true)", "a1true"),
        arguments=(_SEVERAL,),
        result=always(STR),
        emit=_concat,
    ),
    FunctionSpec(
        name="hash",
        summary=f"The digest of a text by an algorithm: {', '.join(ALGORITHMS)}.",
        example=("hash('abc', 'md5')", "900150983cd24fb0d6963f7d28e17f72"),
        arguments=(
            Argument("value", STR),
            Argument("algorithm", STR, required=False, default="sha256", literal=True),
        ),
        result=always(STR),
        emit=_digest,
        check=algorithm_known,
    ),
)
