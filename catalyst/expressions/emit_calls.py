"""Python of filters, tests and functions; what each becomes stands in its entry of the table."""

from __future__ import annotations

import ast

from catalyst.expressions.arguments import NOT_CONSTANT, Bound, bind, constant_of
from catalyst.expressions.emit_joins import finds_another, holds_objects
from catalyst.expressions.emit_operators import may_be_large
from catalyst.expressions.emit_paths import emit_defined, emit_none_witness, emit_soft, is_typed
from catalyst.expressions.emitter import Emitter, choose_name, rename
from catalyst.expressions.functions import FILTERS, FUNCTIONS, TESTS, Argument, EmitCall, LambdaCode
from catalyst.expressions.functions_model import NOTHING_PIPED
from catalyst.expressions.functions_python import local, negate
from catalyst.expressions.tree import Call, Expr, Filter, Lambda, Test
from catalyst.expressions.types import (
    BOOL,
    INT,
    NONE,
    NUMBER,
    STR,
    AnyType,
    SecretType,
    Type,
    UnionType,
    union,
    without_none,
)

Arguments = dict[str, ast.expr | LambdaCode | tuple[ast.expr, ...]]


def emit_filter(emitter: Emitter, node: Filter) -> ast.expr:
    """`value | name(args)`."""
    spec = FILTERS[node.name]
    value = emit_soft(emitter, node.value) if spec.soft else emitter.emit(node.value)
    if holds_objects(node.type) and finds_another(value, node.value.type):
        value = emitter.names.cast(node.value.type, value)
    bound = bind(spec.arguments, node.args, node.kwargs, node.name).bound
    return spec.emit(_call(emitter, spec.name, value, node.value, bound))


def emit_test(emitter: Emitter, node: Test) -> ast.expr:
    """`value is name(args)`."""
    spec = TESTS[node.name]
    if spec.needs_path:
        value = emit_defined(emitter, node.value)
    elif spec.name == "none":
        value = emit_none_witness(emitter, node.value)
    else:
        value = emit_soft(emitter, node.value) if spec.soft else emitter.emit(node.value)
    bound = bind(spec.arguments, node.args, (), node.name).bound
    result = spec.emit(_call(emitter, spec.name, value, node.value, bound))
    if not node.negated:
        return result
    return negate(result)


def emit_call(emitter: Emitter, node: Call) -> ast.expr:
    """`name(args)`."""
    spec = FUNCTIONS[node.name]
    bound = bind(spec.arguments, node.args, node.kwargs, node.name).bound
    return spec.emit(_call(emitter, spec.name, NOTHING_PIPED, None, bound))


_CHECKS: dict[Type, str] = {STR: "a_string", INT: "an_integer", NUMBER: "a_number", BOOL: "a_boolean"}
"""Helpers for arguments of which the types leave something open. What else an argument may be, its helper looks at."""


def _argument(emitter: Emitter, called: str, argument: Argument, given: Expr) -> ast.expr:
    """An argument, looked at in the run where its type is not known; `called` is the filter, for the message."""
    value = emitter.emit(given)
    check = _CHECKS.get(argument.type) if argument.type is not None else None
    if check is None or not isinstance(without_none(given.type), (AnyType, UnionType)):
        return value
    return emitter.helper("arguments", check, ast.Constant(called), value)


def _call(emitter: Emitter, called: str, value: ast.expr, piped: Expr | None, bound: tuple[Bound, ...]) -> EmitCall:
    args: Arguments = {}
    types: dict[str, Type] = {}
    constants: dict[str, object] = {}
    for item in bound:
        name = item.argument.name
        types[name] = union(*(given.type for given in item.values))
        if isinstance(item.value, Lambda):
            assert piped is not None
            args[name] = _lambda(emitter, item.value, piped, value)
            continue
        values = tuple(_argument(emitter, called, item.argument, given) for given in item.values)
        args[name] = values if item.argument.variadic else values[0]
        known = [constant_of(given) for given in item.values]
        if NOT_CONSTANT not in known:
            constants[name] = tuple(known) if item.argument.variadic else known[0]
    value_type = piped.type if piped is not None else NONE
    bare = without_none(value_type)
    seen = bare.inner if isinstance(bare, SecretType) else value_type
    return EmitCall(value, seen, args, constants, emitter.names.use, emitter.names.cast, types)


def _lambda(emitter: Emitter, node: Lambda, piped: Expr, value: ast.expr) -> LambdaCode:
    """A lambda with its parameters named as the author did, where those names are free.

    The last parameter is an item of the piped value; one before it is what came of the items so far.
    """
    placeholders = {name: emitter.new_placeholder() for name in node.parameters}
    outer, outer_typed, outer_small = emitter.parameters, emitter.typed_parameters, emitter.small_parameters
    own, item, none = frozenset(node.parameters), frozenset(node.parameters[-1:]), frozenset[str]()
    emitter.parameters = {**outer, **placeholders}
    emitter.typed_parameters = (outer_typed - own) | (item if is_typed(emitter, piped) else none)
    emitter.small_parameters = (outer_small - own) | (none if may_be_large(emitter, piped) else item)
    body = emitter.emit(node.body)
    emitter.parameters, emitter.typed_parameters, emitter.small_parameters = outer, outer_typed, outer_small
    names: list[str] = []
    for wanted, placeholder in placeholders.items():
        name = choose_name(wanted, body, [value, *map(local, names)])
        body = rename(body, placeholder, name)
        names.append(name)
    return LambdaCode(tuple(names), body)
