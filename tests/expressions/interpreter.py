"""A second form of the language: it walks the parsed tree and shares nothing with the emitter or its helpers.

Only for tests, and slow. Whatever it computes, emitted code must compute too.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from catalyst.expressions.tree import (
    Binary,
    BoolOp,
    Call,
    Coalesce,
    Compare,
    Conditional,
    DictExpr,
    Expr,
    Filter,
    Get,
    Index,
    Lambda,
    ListExpr,
    Literal_,
    Name,
    Slice,
    Test,
    Unary,
)


class NoValue(Exception):
    """The expression has no value: something is missing, or an operand does not fit."""


class Missing(NoValue):
    """A path leads nowhere."""


class Skipped(Exception):
    """`?.` ended a path."""


def in_text(value: Any) -> str:
    if value is None:
        return ""
    if value is True or value is False:
        return str(value).lower()
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return repr(value)


def number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise NoValue
    return value


def interpret(node: Expr, names: Mapping[str, Any]) -> Any:
    """The value of an expression, or `NoValue`."""
    return Walk(dict(names)).value(node)


class Walk:
    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names

    def value(self, node: Expr) -> Any:
        match node:
            case Literal_(value=value):
                return value
            case Name(name=name):
                return self.names["vars" if name == "global" else name]
            case ListExpr(items=items):
                return [self.value(item) for item in items]
            case DictExpr(items=pairs):
                return {key: self.value(value) for key, value in pairs}
            case Get() | Index():
                try:
                    return self.step(node)
                except Skipped:
                    return None
            case Slice():
                return self.slice(node)
            case Unary():
                value = self.value(node.value)
                return (not value) if node.op == "not" else -number(value) if node.op == "-" else +number(value)
            case Binary():
                return self.binary(node)
            case BoolOp(op=op, left=left, right=right):
                first = self.value(left)
                return self.value(right) if bool(first) == (op == "and") else first
            case Compare():
                return self.compare(node)
            case Conditional(then=then, condition=condition, otherwise=otherwise):
                return self.value(then) if self.value(condition) else self.value(otherwise)
            case Coalesce(value=value, fallback=fallback):
                found = self.soft(value)
                return self.value(fallback) if found is None else found
            case Filter():
                return self.filter(node)
            case Test():
                return self.test(node)
            case Call():
                return self.call(node)
            case _:
                raise AssertionError(node)

    def step(self, node: Get | Index) -> Any:
        inner = node.value
        base = self.step(inner) if isinstance(inner, (Get, Index)) else self.value(inner)
        if base is None and isinstance(inner, (Get, Index)) and inner.optional:
            raise Skipped
        key = node.key if isinstance(node, Get) else self.value(node.key)
        try:
            if isinstance(base, dict) and isinstance(key, str):
                return base[key]
            if isinstance(base, (list, str)) and isinstance(key, int) and not isinstance(key, bool):
                return base[key]
        except LookupError:
            pass
        if node.optional:
            raise Skipped
        raise Missing

    def soft(self, node: Expr) -> Any:
        if not isinstance(node, (Get, Index)):
            return self.value(node)
        try:
            return self.step(node)
        except (Missing, Skipped):
            return None

    def slice(self, node: Slice) -> Any:
        value = self.value(node.value)
        bounds = [None if bound is None else self.value(bound) for bound in (node.lower, node.upper, node.step)]
        if not isinstance(value, (list, str)) or bounds[2] == 0:
            raise NoValue
        return value[slice(*bounds)]

    def binary(self, node: Binary) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        if node.op == "~":
            return in_text(left) + in_text(right)
        if node.op == "+" and type(left) is type(right) and isinstance(left, (str, list)):
            return left + right
        one, two = number(left), number(right)
        try:
            return self.arithmetic(node.op, one, two)
        except (ZeroDivisionError, OverflowError):
            raise NoValue from None

    def arithmetic(self, op: str, one: Any, two: Any) -> Any:
        match op:
            case "+":
                result = one + two
            case "-":
                result = one - two
            case "*":
                result = one * two
            case "/":
                result = one / two
            case "//":
                result = one // two
            case "%":
                result = one % two
            case _:
                if abs(two) > 1024:
                    raise NoValue
                result = one**two
        if isinstance(result, complex) or (isinstance(result, float) and not math.isfinite(result)):
            raise NoValue
        if isinstance(result, int) and result.bit_length() > 4096:
            raise NoValue
        return result

    def compare(self, node: Compare) -> bool:
        left = self.value(node.first)
        for op, operand in node.rest:
            right = self.value(operand)
            if not compared(op, left, right):
                return False
            left = right
        return True

    def with_parameter(self, node: Lambda, *values: Any) -> Any:
        return Walk({**self.names, **dict(zip(node.parameters, values, strict=True))}).value(node.body)

    def filter(self, node: Filter) -> Any:
        if node.name == "default":
            fallback = node.args[0]
            found = self.soft(node.value)
            missing = not found if len(node.args) > 1 else found is None
            return self.value(fallback) if missing else found
        value = self.value(node.value)
        if any(isinstance(arg, Lambda) for arg in node.args):
            return self.each(node, value)
        args = [self.value(arg) for arg in node.args]
        kwargs = {name: self.value(arg) for name, arg in node.kwargs}
        return apply(node.name, value, args, kwargs)

    def each(self, node: Filter, value: Any) -> Any:
        code = node.args[-1]
        assert isinstance(code, Lambda)
        if not isinstance(value, list):
            raise NoValue
        match node.name:
            case "reduce":
                start = self.value(node.args[0])
                return functools.reduce(lambda total, item: self.with_parameter(code, total, item), value, start)
            case "map":
                return [self.with_parameter(code, item) for item in value]
            case "filter" | "select":
                return [item for item in value if self.with_parameter(code, item)]
            case "reject":
                return [item for item in value if not self.with_parameter(code, item)]
            case "any":
                return any(self.with_parameter(code, item) for item in value)
            case "all":
                return all(self.with_parameter(code, item) for item in value)
            case "find":
                return next((item for item in value if self.with_parameter(code, item)), None)
            case _:
                raise AssertionError(node.name)

    def test(self, node: Test) -> bool:
        if node.name in ("defined", "undefined"):
            result = self.is_defined(node.value) == (node.name == "defined")
        elif node.name == "none":
            result = self.soft(node.value) is None
        else:
            args = [self.value(arg) for arg in node.args]
            result = tested(node.name, self.value(node.value), args)
        return result != node.negated

    def is_defined(self, node: Expr) -> bool:
        try:
            if isinstance(node, (Get, Index)):
                self.step(node)
        except (Missing, Skipped):
            return False
        return True

    def call(self, node: Call) -> Any:
        args = [self.value(arg) for arg in node.args]
        match node.name:
            case "range":
                return list(range(*args))
            case "min":
                return min(args)
            case "max":
                return max(args)
            case _:
                raise AssertionError(node.name)


def same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def compared(op: str, left: Any, right: Any) -> bool:
    if op in ("==", "!="):
        return same(left, right) == (op == "==")
    if op in ("in", "not in"):
        if isinstance(right, list):
            found = any(same(left, item) for item in right)
        elif isinstance(right, str) and isinstance(left, str):
            found = left in right
        elif isinstance(right, dict):
            found = isinstance(left, str) and left in right
        else:
            raise NoValue
        return found == (op == "in")
    if not (isinstance(left, str) and isinstance(right, str)):
        number(left), number(right)
    table = {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}
    return bool(table[op])


def tested(name: str, value: Any, args: list[Any]) -> bool:
    match name:
        case "even":
            return bool(number(value) % 2 == 0)
        case "odd":
            return bool(number(value) % 2 == 1)
        case "divisibleby":
            return bool(number(value) % args[0] == 0)
        case "string":
            return isinstance(value, str)
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "lower":
            return bool(value == value.lower()) and any(char.isalpha() for char in value)
        case "eq":
            return same(value, args[0])
        case "gt":
            return compared(">", value, args[0])
        case "in":
            return compared("in", value, args[0])
        case _:
            raise AssertionError(name)


def apply(name: str, value: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if name in _TEXT:
        if not isinstance(value, str):
            raise NoValue
        return _TEXT[name](value, *args)
    if name in _LISTS:
        if not isinstance(value, (list, str)):
            raise NoValue
        return _LISTS[name](value, *args, **kwargs)
    if name == "abs":
        return abs(number(value))
    if name == "string":
        return in_text(value)
    if name == "json":
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    raise AssertionError(name)


def _unique(value: list[Any]) -> list[Any]:
    seen: list[Any] = []
    found = []
    for item in value:
        folded = item.lower() if isinstance(item, str) else item
        if not any(same(folded, each) for each in seen):
            seen.append(folded)
            found.append(item)
    return found


_TEXT = {
    "upper": str.upper,
    "lower": str.lower,
    "trim": str.strip,
    "replace": lambda value, old, new: value.replace(old, new),
    "capitalize": str.capitalize,
}
_LISTS = {
    "length": len,
    "first": lambda value: value[0] if value else None,
    "last": lambda value: value[-1] if value else None,
    "join": lambda value, separator="": separator.join(in_text(item) for item in value),
    "reverse": lambda value: value[::-1],
    "sort": lambda value, reverse=False: sorted(
        value, key=lambda item: item.lower() if isinstance(item, str) else item, reverse=reverse
    ),
    "unique": _unique,
    "sum": lambda value: sum(number(item) for item in value),
    "max": lambda value: max(value, default=None, key=lambda item: item.lower() if isinstance(item, str) else item),
    "min": lambda value: min(value, default=None, key=lambda item: item.lower() if isinstance(item, str) else item),
}
