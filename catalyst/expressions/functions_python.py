"""Small builders for the Python that filters become, and the questions that entries of the tables ask about types.

An entry either calls a helper of the runtime (`helper`), or writes plain Python where the types are known. A piped
value is written once; only what is `plain` (a name, or keys of one) may be written twice.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from catalyst.expressions.functions_model import EmitCall, FilterCall, LambdaCode
from catalyst.expressions.types import (
    ANY,
    OPEN_OBJECT,
    STR,
    BoolType,
    DateTimeType,
    FloatType,
    IntType,
    ListType,
    MapType,
    NumberType,
    ObjectType,
    SecretType,
    StrType,
    Type,
    UnionType,
    without_none,
)

Emit = Callable[[EmitCall], ast.expr]

LIST = ListType(ANY)
OBJECT = OPEN_OBJECT
ELEMENTS = UnionType((LIST, STR, OPEN_OBJECT))
"""What list filters of Jinja take: a list, the characters of a text, or the keys of an object."""


def bare(type_: Type) -> Type:
    """The type without "may be none" and without "secret"."""
    inner = without_none(type_)
    return without_none(inner.inner) if isinstance(inner, SecretType) else inner


def is_text(type_: Type) -> bool:
    """Whether it is known to be text."""
    return isinstance(type_, StrType)


def is_number(type_: Type) -> bool:
    """Whether it is known to be a number."""
    return isinstance(type_, (IntType, FloatType, NumberType))


def is_list(type_: Type) -> bool:
    """Whether it is known to be a list."""
    return isinstance(type_, ListType)


def is_object(type_: Type) -> bool:
    """Whether it is known to be an object."""
    return isinstance(type_, (ObjectType, MapType))


def is_ordered(type_: Type) -> bool:
    """Whether all values of it have an order in Python. Points in time with and without a zone have none together."""
    return is_number(type_) or is_text(type_)


def is_scalar(type_: Type) -> bool:
    """Whether it is known to be a value that Python can hash and that equals only its like."""
    return is_ordered(type_) or isinstance(type_, (BoolType, DateTimeType))


def element(type_: Type) -> Type:
    """The type of the elements that a list filter sees."""
    match bare(type_):
        case ListType(item):
            return item
        case StrType() | MapType() | ObjectType():
            return STR
        case _:
            return ANY


def value_of(type_: Type) -> Type:
    """The type of the values of an object: that of a map, or any."""
    inner = bare(type_)
    return inner.value if isinstance(inner, MapType) else ANY


def always(type_: Type) -> Callable[[FilterCall], Type]:
    """The same result type for each call."""
    return lambda call: type_


# Python


def constant(value: Any) -> ast.expr:
    """A constant."""
    return ast.Constant(value)


def call(function: str, *args: ast.expr, **keywords: ast.expr) -> ast.expr:
    """`function(*args, **keywords)`."""
    given = [ast.keyword(arg=name, value=value) for name, value in keywords.items()]
    return ast.Call(func=ast.Name(function, ast.Load()), args=list(args), keywords=given)


def method(value: ast.expr, name: str, *args: ast.expr) -> ast.expr:
    """`value.name(*args)`, only with names that stand in this package."""
    return ast.Call(func=ast.Attribute(value, name, ast.Load()), args=list(args), keywords=[])


def attribute(value: ast.expr, name: str) -> ast.expr:
    """`value.name`, only with names that stand in this package."""
    return ast.Attribute(value, name, ast.Load())


def local(name: str) -> ast.expr:
    """A name."""
    return ast.Name(name, ast.Load())


def subscript(value: ast.expr, key: ast.expr) -> ast.expr:
    """`value[key]`."""
    return ast.Subscript(value, key, ast.Load())


def compare(left: ast.expr, op: ast.cmpop, right: ast.expr) -> ast.expr:
    """`left op right`."""
    return ast.Compare(left, [op], [right])


def binary(left: ast.expr, op: ast.operator, right: ast.expr) -> ast.expr:
    """`left op right`."""
    return ast.BinOp(left, op, right)


_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


def negate(value: ast.expr) -> ast.expr:
    """`not value`, written as people write it: `x is not None`, `a not in b`, and `bool(x)` for a double negation."""
    if isinstance(value, ast.Compare) and len(value.ops) == 1 and type(value.ops[0]) in _OPPOSITE:
        return ast.Compare(value.left, [_OPPOSITE[type(value.ops[0])]()], value.comparators)
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not):
        return call("bool", value.operand)
    if isinstance(value, ast.Constant) and isinstance(value.value, bool):
        return constant(not value.value)
    return ast.UnaryOp(ast.Not(), value)


def choose(condition: ast.expr, then: ast.expr, otherwise: ast.expr) -> ast.expr:
    """`then if condition else otherwise`."""
    return ast.IfExp(condition, then, otherwise)


def as_lambda(code: LambdaCode) -> ast.expr:
    """`lambda x: body`."""
    parameters = [ast.arg(arg=name) for name in code.parameters]
    arguments = ast.arguments(posonlyargs=[], args=parameters, kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.Lambda(arguments, code.body)


def _loop(
    body: ast.expr, parameter: str, values: ast.expr, conditions: Sequence[ast.expr]
) -> tuple[ast.expr, list[ast.comprehension]]:
    """The loop of a comprehension; a comprehension below it that only selects becomes part of it."""
    if isinstance(values, ast.ListComp) and len(values.generators) == 1:
        inner = values.generators[0]
        target = inner.target
        if isinstance(target, ast.Name) and isinstance(values.elt, ast.Name) and values.elt.id == target.id:
            names = {parameter: target.id}
            if not _mentions([body, *conditions], target.id) or parameter == target.id:
                body = _renamed(body, names)
                return body, [
                    ast.comprehension(
                        inner.target, inner.iter, [*inner.ifs, *(_renamed(each_, names) for each_ in conditions)], 0
                    )
                ]
    return body, [ast.comprehension(ast.Name(parameter, ast.Store()), values, list(conditions), 0)]


def _mentions(expressions: Sequence[ast.expr], name: str) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.arg) and node.arg == name)
        for expression in expressions
        for node in ast.walk(expression)
    )


class _Renamer(ast.NodeTransformer):
    """Gives names another spelling, in a copy of nothing: the tree is changed in place."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)


def _renamed(expression: ast.expr, names: Mapping[str, str]) -> ast.expr:
    renamed: ast.expr = _Renamer(names).visit(expression)
    return renamed


def each(body: ast.expr, parameter: str, values: ast.expr, *conditions: ast.expr) -> ast.expr:
    """`[body for parameter in values if conditions]`; `list(values)` where that is all it does."""
    if not conditions and isinstance(body, ast.Name) and body.id == parameter:
        return ast.Call(ast.Name("list", ast.Load()), [values], [])
    return ast.ListComp(*_loop(body, parameter, values, conditions))


def stream(body: ast.expr, parameter: str, values: ast.expr, *conditions: ast.expr) -> ast.expr:
    """The same as a generator, for functions that read it once."""
    return ast.GeneratorExp(*_loop(body, parameter, values, conditions))


def streamed(values: ast.expr) -> ast.expr:
    """A list that is made just to be read once, as what it is made of; anything else as it is."""
    match values:
        case ast.ListComp(elt=item, generators=generators):
            return ast.GeneratorExp(item, generators)
        case ast.Call(func=ast.Name(id="list"), args=[inner], keywords=[]):
            return inner
        case _:
            return values


def is_new_list(values: ast.expr) -> bool:
    """Whether the Python makes a list that nobody else has."""
    made = isinstance(values, ast.Call) and isinstance(values.func, ast.Name) and values.func.id in ("list", "sorted")
    part = isinstance(values, ast.Subscript) and isinstance(values.slice, ast.Slice)
    return made or part or isinstance(values, (ast.ListComp, ast.List))


def is_plain(value: ast.expr) -> bool:
    """Whether a value may be written twice: a name, or attributes and constant keys of one."""
    match value:
        case ast.Name():
            return True
        case ast.Attribute(value=inner):
            return is_plain(inner)
        case ast.Subscript(value=inner, slice=ast.Constant()):
            return is_plain(inner)
        case _:
            return False


def argument(call_: EmitCall, name: str) -> ast.expr | None:
    """The Python of an argument that is no lambda and not variadic, or None when it was not given."""
    given = call_.args.get(name)
    return given if isinstance(given, ast.expr) else None


def code_of(call_: EmitCall, name: str) -> LambdaCode | None:
    """The lambda given for an argument, or None when it was not given."""
    given = call_.args.get(name)
    return given if isinstance(given, LambdaCode) else None


def helper(module: str, function: str, names: Sequence[str] = ()) -> Emit:
    """An `emit` that calls a helper of the runtime with the value and what was given.

    Arguments go by position while none is left out, then by name, so the helper's parameters have the names of the
    arguments. `names` gives their order.
    """

    def emit(call_: EmitCall) -> ast.expr:
        return helper_call(call_, module, function, names)

    return emit


def helper_call(call_: EmitCall, module: str, function: str, names: Sequence[str] = ()) -> ast.expr:
    """One call of a helper of the runtime; see `helper`."""
    positional: list[ast.expr] = [call_.value]
    keywords: dict[str, ast.expr] = {}
    gap = False
    for name in names or tuple(call_.args):
        given = call_.args.get(name)
        if given is None:
            gap = True
        elif isinstance(given, tuple):
            positional += given
        else:
            code = as_lambda(given) if isinstance(given, LambdaCode) else given
            if gap or (isinstance(code, ast.Constant) and isinstance(code.value, bool)):
                gap, keywords[name] = True, code
            else:
                positional.append(code)
    return call(call_.use(module, function), *positional, **keywords)


def only(call_: EmitCall, *allowed: str) -> bool:
    """Whether no other arguments were given."""
    return set(call_.args) <= set(allowed)
