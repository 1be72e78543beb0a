"""Python of paths, of `??` and of `is defined`.

A step whose type is known is a plain subscript. What may be missing, or is not known before the run, goes through the
helpers `get`, `soft`, `path` and `has`. A value that may be none is written twice only when it is a name or constant
keys of one.
"""

from __future__ import annotations

import ast

from catalyst.expressions.arguments import constant_of
from catalyst.expressions.emitter import Emitter
from catalyst.expressions.functions_python import choose, compare, constant, element, is_plain, method, subscript
from catalyst.expressions.tree import Coalesce, Expr, Filter, Get, Index, Literal_, Ref, Slice
from catalyst.expressions.types import (
    AnyType,
    IntType,
    ListType,
    MapType,
    NoneType,
    NullableType,
    ObjectType,
    StrType,
    Type,
    UnionType,
    accepts,
    may_be_none,
    without_none,
)

Step = Get | Index
NOTHING = ast.Constant(None)


def steps_of(node: Expr) -> tuple[Expr, list[Step]]:
    """The expression that a path begins at, and its steps."""
    steps: list[Step] = []
    while isinstance(node, (Get, Index)):
        steps.append(node)
        node = node.value
    return node, steps[::-1]


def key_of(emitter: Emitter, step: Step) -> ast.expr:
    """The key of a step as Python."""
    return constant(step.key) if isinstance(step, Get) else emitter.emit(step.key)


def _literal_key(step: Step) -> str | None:
    if isinstance(step, Get):
        return step.key
    return step.key.value if isinstance(step.key, Literal_) and isinstance(step.key.value, str) else None


def _direct(value: ast.expr, step: Step, typed: bool) -> ast.expr | None:
    """The step as plain Python, when the type of what it steps into says that it cannot fail."""
    type_, key = without_none(step.value.type), _literal_key(step)
    if not typed or key is None:
        return None
    if isinstance(type_, UnionType):
        return subscript(value, constant(key)) if _all_have(type_, key) else None
    field = type_.field(key) if isinstance(type_, ObjectType) else None
    if field is None:
        return None
    if field.required:
        return subscript(value, constant(key))
    if may_be_none(step.type):
        return method(value, "get", constant(key))
    # A condition says that the key is there; whether its value may be none is not known to mypy then.
    return subscript(value, constant(key)) if not may_be_none(field.type) else None


def _all_have(type_: UnionType, key: str) -> bool:
    """Whether it is an object with the key, whichever of its kinds it is."""
    fields = [member.field(key) if isinstance(member, ObjectType) else None for member in type_.members]
    return all(field is not None and field.required for field in fields)


_KEEPS_ITEMS = frozenset(
    {"filter", "select", "reject", "sort", "sort_by", "unique", "reverse", "first", "last", "find", "slice", "list"}
)
"""Filters whose items are those of the piped list."""


def is_typed(emitter: Emitter, node: Expr) -> bool:
    """Whether objects in a value are typed dicts for mypy too; what a literal gives is a plain dict."""
    while True:
        match node:
            case Ref(kind="lambda"):
                return node.path[0] in emitter.typed_parameters
            case Ref():
                return True
            case Get() | Index() | Slice():
                node = node.value
            case Filter(name=name) if name in _KEEPS_ITEMS:
                node = node.value
            case _:
                return False


def _walk_direct(emitter: Emitter, base: Expr, steps: list[Step], value: ast.expr) -> tuple[ast.expr, list[Step]]:
    """Take plain steps as far as nothing may be none; gives the Python so far and the steps that are left."""
    typed = is_typed(emitter, base)
    for position, step in enumerate(steps):
        if may_be_none(step.value.type):
            return value, steps[position:]
        stepped_into = without_none(step.value.type)
        typed = typed or (isinstance(stepped_into, ObjectType) and stepped_into.name is not None)
        found = _direct(value, step, typed)
        if found is None:
            return value, steps[position:]
        value = found
    return value, []


def _direct_rest(emitter: Emitter, base: Expr, steps: list[Step], value: ast.expr) -> ast.expr | None:
    """The left steps behind `value` as plain subscripts, when its own none is all that may go wrong."""
    typed = is_typed(emitter, base)
    for step in steps:
        stepped_into = without_none(step.value.type)
        named = isinstance(stepped_into, ObjectType) and stepped_into.name is not None
        key = _literal_key(step)
        if not isinstance(stepped_into, ObjectType) or key is None or not (typed or named):
            return None
        field = stepped_into.field(key)
        if field is None or not field.required or (may_be_none(field.type) and step is not steps[-1]):
            return None
        value = subscript(value, constant(key))
    return value


def _rest_may_be_none(steps: list[Step]) -> bool:
    """Whether the last of direct steps may itself be none."""
    step = steps[-1]
    type_, key = without_none(step.value.type), _literal_key(step)
    field = type_.field(key) if isinstance(type_, ObjectType) and key is not None else None
    return field is None or may_be_none(field.type)


def emit_path(emitter: Emitter, node: Get | Index) -> ast.expr:
    """A path that must lead to a value, but for its `?.` steps."""
    base, steps = steps_of(node)
    value, left = _walk_direct(emitter, base, steps, emitter.emit(base))
    if not left:
        return value
    if not any(step.optional for step in left):
        # `get` takes the constants of a path in one call; a soft path never comes here.
        return emitter.helper("values", "get", value, *(key_of(emitter, step) for step in left))
    rest = _direct_rest(emitter, base, left, value)
    if rest is not None:
        if is_plain(value):
            return choose(_is_present(value), rest, NOTHING)
        return emitter.helper("values", "soft", value, *(key_of(emitter, step) for step in left))
    if all(step.optional for step in left):
        return emitter.helper("values", "soft", value, *(key_of(emitter, step) for step in left))
    pairs = [ast.Tuple([key_of(emitter, step), constant(step.optional)], ast.Load()) for step in left]
    return emitter.helper("values", "path", value, *pairs)


def emit_soft(emitter: Emitter, node: Expr) -> ast.expr:
    """A value that is none where its path leads nowhere."""
    if not isinstance(node, (Get, Index)):
        return emitter.emit(node)
    base, steps = steps_of(node)
    value, left = _walk_direct(emitter, base, steps, emitter.emit(base))
    if not left:
        return value
    rest = _direct_rest(emitter, base, left, value)
    if rest is not None and is_plain(value):
        return choose(_is_present(value), rest, NOTHING)
    return emitter.helper("values", "soft", value, *(key_of(emitter, step) for step in left))


def _is_present(value: ast.expr) -> ast.expr:
    return compare(value, ast.IsNot(), NOTHING)


def emit_coalesce(emitter: Emitter, node: Coalesce) -> ast.expr:
    """`value ?? fallback`; a fallback that costs or may fail is evaluated only when it is needed."""
    if isinstance(node.fallback, Literal_) and node.fallback.value is None:
        return emit_soft(emitter, node.value)
    if not isinstance(node.value.type, (AnyType, NullableType, NoneType)):
        return emit_soft(emitter, node.value)
    fallback = emitter.emit(node.fallback)
    plain = _plain_fallback(emitter, node, fallback)
    if plain is not None:
        return plain
    base, steps = steps_of(node.value)
    if isinstance(base, Ref):
        value, left = _walk_direct(emitter, base, steps, emitter.emit(base))
        rest = _direct_rest(emitter, base, left, value) if left else value
        if rest is not None and is_plain(value) and (not left or not _rest_may_be_none(left)):
            return choose(_is_present(value), rest, fallback)
        if left:
            value = emitter.helper("values", "soft", value, *(key_of(emitter, step) for step in left))
    else:
        value = emit_soft(emitter, node.value)
    if is_safe(fallback):
        return emitter.helper("values", "coalesce", value, fallback)
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return emitter.helper("values", "fall_back", value, ast.Lambda(nothing, fallback))


def _plain_fallback(emitter: Emitter, node: Coalesce, fallback: ast.expr) -> ast.expr | None:
    """`d.get(key, fallback)` and `x[0] if x else fallback`, where what is found is of one type and never none."""
    found = node.value
    if isinstance(found, Filter) and found.name in ("first", "last"):
        value = emitter.emit(found)
        fits = _fits(element(found.value.type), node.fallback)
        return choose(value.test, value.body, fallback) if isinstance(value, ast.IfExp) and fits else None
    if not isinstance(found, (Get, Index)):
        return None
    base, steps = steps_of(found)
    value, left = _walk_direct(emitter, base, steps[:-1], emitter.emit(base))
    if left or not is_typed(emitter, base):
        return None
    key = found.key if isinstance(found, Get) else constant_of(found.key)
    match found.value.type:
        case MapType(value=item) if isinstance(key, str) and _fits(item, node.fallback) and is_safe(fallback):
            return method(value, "get", constant(key), fallback)
        case ObjectType() as type_ if isinstance(key, str) and is_safe(fallback):
            field = type_.field(key)
            known = field is not None and not field.required and _fits(field.type, node.fallback)
            return method(value, "get", constant(key), fallback) if known else None
        case ListType(item) if key in (0, -1) and not isinstance(key, bool) and _fits(item, node.fallback):
            return choose(value, subscript(value, constant(key)), fallback) if is_plain(value) else None
        case _:
            return None


def _fits(found: Type, fallback: Expr) -> bool:
    """Whether what is found is never none, and the fallback is of its type."""
    known = not isinstance(found, (AnyType, NoneType, NullableType)) and not isinstance(fallback.type, AnyType)
    return known and accepts(found, fallback.type)


def is_safe(value: ast.expr) -> bool:
    """Whether evaluating it costs next to nothing and cannot fail."""
    match value:
        case ast.Constant():
            return True
        case ast.List(elts=items):
            return all(is_safe(item) for item in items)
        case ast.Dict(values=items):
            return all(is_safe(item) for item in items)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            return True
        case _:
            return is_plain(value)


def emit_none_witness(emitter: Emitter, node: Expr) -> ast.expr:
    """A value that is none exactly when the value of a path is; shorter than the path where one step decides."""
    base, steps = steps_of(node)
    if steps and isinstance(base, Ref):
        value, left = _walk_direct(emitter, base, steps, emitter.emit(base))
        if (
            left
            and is_plain(value)
            and _direct_rest(emitter, base, left, value) is not None
            and not _rest_may_be_none(left)
        ):
            return value
    return emit_soft(emitter, node)


_MAY_BE_LEFT_OUT = ("input", "output", "error", "local", "lambda")


def emit_defined(emitter: Emitter, node: Expr) -> ast.expr:
    """Whether a path leads somewhere. An input that was left out and a node that was skipped are not defined."""
    base, steps = steps_of(node)
    if not steps:
        if isinstance(base, Ref) and base.kind in _MAY_BE_LEFT_OUT and may_be_none(base.type):
            return _is_present(emitter.emit(base))
        return constant(True)
    value, left = _walk_direct(emitter, base, steps[:-1], emitter.emit(base))
    left = [*left, steps[-1]]
    if len(left) == 1 and not may_be_none(left[0].value.type):
        type_, key = left[0].value.type, _literal_key(left[0])
        field = type_.field(key) if isinstance(type_, ObjectType) and key is not None else None
        if field is not None and is_typed(emitter, base):
            return constant(True) if field.required else compare(constant(key), ast.In(), value)
    if may_be_none(left[0].value.type) and _direct_rest(emitter, base, left, value) is not None:
        return _is_present(value)
    return emitter.helper("values", "has", value, *(key_of(emitter, step) for step in left))


def emit_slice(emitter: Emitter, node: Slice) -> ast.expr:
    """`value[a:b:c]`."""
    value = emitter.emit(node.value)
    bounds = [emitter.emit(bound) if bound is not None else None for bound in (node.lower, node.upper, node.step)]
    known = all(bound is None or isinstance(bound.type, IntType) for bound in (node.lower, node.upper, node.step))
    step_is_safe = node.step is None or isinstance(bounds[2], (ast.Constant, ast.UnaryOp))
    if isinstance(node.value.type, (ListType, StrType)) and known and step_is_safe:
        return subscript(value, ast.Slice(*bounds))
    given: list[ast.expr] = [NOTHING if bound is None else bound for bound in bounds]
    while given and given[-1] is NOTHING:
        given.pop()
    return emitter.helper("values", "part", value, *given)
