"""A checked template becomes a Python expression.

Goes in: the tree that `check.py` made, without errors, and how names read where the code will stand. Comes out: an
`ast.expr`, verified. User text ends up only in `ast.Constant`; every identifier comes from a table of the compiler.
"""

from __future__ import annotations

import ast
from typing import assert_never

from catalyst.diagnostics import CompilerBug
from catalyst.expressions.emit_calls import emit_call, emit_filter, emit_test
from catalyst.expressions.emit_operators import (
    emit_binary,
    emit_bool_op,
    emit_compare,
    emit_conditional,
    emit_list,
    emit_unary,
)
from catalyst.expressions.emit_paths import emit_coalesce, emit_path, emit_slice
from catalyst.expressions.emit_text import Wrap, emit_parts
from catalyst.expressions.emitter import Emitter, NameResolver
from catalyst.expressions.sinks import RULES, Sink
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
    Hole,
    Index,
    Lambda,
    ListExpr,
    Literal_,
    Name,
    Ref,
    Slice,
    Template,
    Test,
    Text,
    Unary,
)
from catalyst.expressions.types import AnyType, UnionType
from catalyst.expressions.verify import verify_expression

__all__ = ["NameResolver", "Wrap", "expression_to_python", "to_python", "verify_expression"]


def to_python(
    template: Template, names: NameResolver, *, sink: Sink = Sink.VALUE, wrap: Wrap | None = None
) -> ast.expr:
    """The Python of a checked template.

    A whole template keeps the type of its value; any other is a string, in which each hole goes through `wrap` when
    it is given. For a sink that takes no none and no list, what the types leave open is checked in the run.
    """
    emitter = Emitter(names, _emit)
    if not template.whole:
        if not any(isinstance(part, Hole) for part in template.parts):
            return ast.Constant("".join(part.value for part in template.parts if isinstance(part, Text)))
        return verify_expression(emit_parts(emitter, template.parts, sink, wrap))
    hole = template.parts[0]
    assert isinstance(hole, Hole)
    value = emitter.emit(hole.expr)
    if wrap is not None:
        value = wrap(hole.expr, value)
    elif not RULES[sink].takes_none and isinstance(hole.expr.type, (AnyType, UnionType)):
        value = emitter.helper("text", "some_text", value, ast.Constant(sink.value))
    return verify_expression(value)


def expression_to_python(expr: Expr, names: NameResolver) -> ast.expr:
    """The Python of one checked expression, such as one hole of a template."""
    return verify_expression(Emitter(names, _emit).emit(expr))


def _emit(emitter: Emitter, node: Expr) -> ast.expr:
    match node:
        case Literal_(value=value):
            return ast.Constant(value)
        case Ref():
            return emitter.reference(node)
        case Get() | Index():
            return emit_path(emitter, node)
        case Slice():
            return emit_slice(emitter, node)
        case ListExpr():
            return emit_list(emitter, node)
        case DictExpr(items=pairs):
            keys: list[ast.expr | None] = [ast.Constant(key) for key, _ in pairs]
            return ast.Dict(keys, [emitter.emit(value) for _, value in pairs])
        case Call():
            return emit_call(emitter, node)
        case Filter():
            return emit_filter(emitter, node)
        case Test():
            return emit_test(emitter, node)
        case Unary():
            return emit_unary(emitter, node)
        case Binary():
            return emit_binary(emitter, node)
        case BoolOp():
            return emit_bool_op(emitter, node)
        case Compare():
            return emit_compare(emitter, node)
        case Conditional():
            return emit_conditional(emitter, node)
        case Coalesce():
            return emit_coalesce(emitter, node)
        case Name() | Lambda():
            raise CompilerBug("an expression was emitted that has errors")
        case _:
            assert_never(node)
