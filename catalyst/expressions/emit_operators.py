"""Python of operators, comparisons and conditions.

Plain Python where the types are known. `+ - *` of known numbers are plain too: one addition adds a bit, and what
comes from outside has 64; only a product of two values that may already be large (outputs of nodes, elements of
lists, the state of a loop) goes through `multiply`, and `**` always through `power`, so that no integer passes 4,096
bits.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from catalyst.expressions.emit_joins import Side, is_list_or_object, joined
from catalyst.expressions.emit_paths import emit_none_witness
from catalyst.expressions.emit_text import emit_concat
from catalyst.expressions.emitter import Emitter
from catalyst.expressions.functions import LambdaCode
from catalyst.expressions.functions_python import as_lambda, binary, compare, is_plain, negate
from catalyst.expressions.references import walk
from catalyst.expressions.tree import (
    Binary,
    BoolOp,
    Compare,
    CompareOp,
    Conditional,
    Expr,
    Filter,
    ListExpr,
    Literal_,
    Ref,
    Unary,
)
from catalyst.expressions.types import (
    ANY,
    AnyType,
    BoolType,
    DateTimeType,
    FloatType,
    IntType,
    ListType,
    MapType,
    NoneType,
    NumberType,
    ObjectType,
    StrType,
    Type,
    UnionType,
    may_be_none,
    nullable,
    union,
    without_none,
)

_NUMERIC = (IntType, FloatType, NumberType)
_ARITHMETIC: dict[str, tuple[ast.operator, str]] = {
    "+": (ast.Add(), "add"),
    "-": (ast.Sub(), "subtract"),
    "*": (ast.Mult(), "multiply"),
    "/": (ast.Div(), "divide"),
    "//": (ast.FloorDiv(), "floor_divide"),
    "%": (ast.Mod(), "modulo"),
    "**": (ast.Pow(), "power"),
}


def emit_binary(emitter: Emitter, node: Binary) -> ast.expr:
    """Arithmetic and `~`."""
    if node.op == "~":
        return emit_concat(emitter, node)
    left, right = emitter.emit_as(node.type, node.left), emitter.emit_as(node.type, node.right)
    operator, helper = _ARITHMETIC[node.op]
    one, two = node.left.type, node.right.type
    if isinstance(one, _NUMERIC) and isinstance(two, _NUMERIC):
        if _number_stays_small(emitter, node):
            return binary(left, operator, right)
    elif node.op == "+" and not _both_may_double(node):
        if isinstance(one, StrType) and isinstance(two, StrType):
            return binary(left, operator, right)
        if isinstance(one, ListType) and isinstance(two, ListType):
            return _sum_of_lists(emitter, node, left, right)
    return emitter.helper("values", helper, left, right)


def _sum_of_lists(emitter: Emitter, node: Binary, left: ast.expr, right: ast.expr) -> ast.expr:
    """`left + right`; `[*left, 1]` where a side is written out or they hold different types."""
    one, two = node.left.type, node.right.type
    if one == two and not isinstance(left, ast.List) and not isinstance(right, ast.List):
        return binary(left, ast.Add(), right)
    sides = [Side(left, one, node.type, read_only=True), Side(right, two, node.type, read_only=True)]

    def build(codes: Sequence[ast.expr]) -> ast.expr:
        return ast.List([item for code in codes for item in _items(code)], ast.Load())

    return joined(emitter.names.cast, node.type, sides, build)


def _items(side: ast.expr) -> list[ast.expr]:
    match side:
        case ast.List(elts=items):
            return items
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [*_items(left), *_items(right)]
        case _:
            return [ast.Starred(side, ast.Load())]


def _number_stays_small(emitter: Emitter, node: Binary) -> bool:
    if node.op in ("+", "-"):
        return not _both_may_double(node)
    if node.op == "*":
        is_float = isinstance(node.left.type, FloatType) or isinstance(node.right.type, FloatType)
        return is_float or not may_be_large(emitter, node.left) or not may_be_large(emitter, node.right)
    divisor = node.right
    return node.op in ("/", "//", "%") and isinstance(divisor, Literal_) and bool(divisor.value)


_PLAIN_PRODUCTS = 8
"""So many factors of 64 bits each stay far below the limit."""


def may_be_large(emitter: Emitter, node: Expr) -> bool:
    """Whether a number in it may be longer than what comes in from outside."""
    products = 0
    for inner in walk(node):
        if isinstance(inner, Ref) and inner.kind in ("output", "local"):
            return True
        if isinstance(inner, Ref) and inner.kind == "lambda" and inner.path[0] not in emitter.small_parameters:
            return True
        if isinstance(inner, Filter) or (isinstance(inner, Binary) and inner.op == "**"):
            return True
        products += isinstance(inner, Binary) and inner.op == "*"
    return products > _PLAIN_PRODUCTS


def _both_may_double(node: Binary) -> bool:
    """Whether both sides read the state of a loop, so that a value could grow twofold each time round."""
    return all(
        any(isinstance(inner, Ref) and inner.kind == "local" and inner.path[0] == "loop" for inner in walk(side))
        for side in (node.left, node.right)
    )


def emit_list(emitter: Emitter, node: ListExpr) -> ast.expr:
    """`[a, b]`."""
    wanted = node.type.item if isinstance(node.type, ListType) else ANY
    sides = [Side(emitter.emit_as(wanted, item), item.type, wanted) for item in node.items]
    if not sides:
        return ast.List([], ast.Load())
    if node.type != ListType(union(*(item.type for item in node.items))):  # what it stands in says what is wanted
        return ast.List([side.told(emitter.names.cast) for side in sides], ast.Load())
    return joined(emitter.names.cast, node.type, sides, lambda codes: ast.List(list(codes), ast.Load()))


def emit_unary(emitter: Emitter, node: Unary) -> ast.expr:
    """`-x`, `+x`, `not x`."""
    value = emitter.emit(node.value)
    if node.op == "not":
        return negate(value)
    if isinstance(node.value.type, _NUMERIC):
        return ast.UnaryOp(ast.USub(), value) if node.op == "-" else value
    return emitter.helper("values", "negative" if node.op == "-" else "positive", value)


def emit_bool_op(emitter: Emitter, node: BoolOp) -> ast.expr:
    """`a and b`, `a or b`; a chain of the same operator is one node."""
    said = node.op == "and"
    sides = _sides(emitter, node)
    # What the types say already (`x is defined` of a field that is always there) needs no words, but for the last one.
    kept = [side for side in sides[:-1] if not _is_constant(side.code, said)] + sides[-1:]
    ends = next((number for number, side in enumerate(kept) if _is_constant(side.code, not said)), len(kept))
    kept = kept[: ends + 1]  # what stands behind is never asked
    last = kept[-1].code
    if (
        _is_constant(last, not said)
        and isinstance(node.type, BoolType)
        and all(_is_sure(side.code) for side in kept[:-1])
    ):
        return last
    operator = ast.And() if said else ast.Or()
    return joined(
        emitter.names.cast,
        node.type,
        kept,
        lambda codes: ast.BoolOp(operator, list(codes)) if len(codes) > 1 else codes[0],
        alone=is_list_or_object(node.type),  # which of both it says to what stands behind it
    )


def _sides(emitter: Emitter, node: BoolOp) -> list[Side]:
    """The operands of a chain of one operator; one of an `or` that is none never is its value, but for the last."""
    operands: list[Expr] = []
    current: Expr = node
    while isinstance(current, BoolOp) and current.op == node.op:
        operands.append(current.right)
        current = current.left
    operands.append(current)
    firsts = [Side(emitter.emit_as(node.type, each), each.type, _wanted_first(node, each)) for each in operands[:0:-1]]
    return [*firsts, Side(emitter.emit_as(node.type, operands[0]), operands[0].type, node.type)]


def _wanted_first(node: BoolOp, operand: Expr) -> Type:
    return nullable(node.type) if node.op == "or" and may_be_none(operand.type) else node.type


def emit_conditional(emitter: Emitter, node: Conditional) -> ast.expr:
    """`a if c else b`; `true if c else false` is the truth of `c`."""
    condition = emitter.emit(node.condition)
    if isinstance(condition, ast.Constant) and isinstance(condition.value, bool):
        return emitter.emit(node.then if condition.value else node.otherwise)
    then, otherwise = emitter.emit_as(node.type, node.then), emitter.emit_as(node.type, node.otherwise)
    if _is_constant(then, True) and _is_constant(otherwise, False):
        return condition if isinstance(node.condition.type, BoolType) else _call("bool", condition)
    if _is_constant(then, False) and _is_constant(otherwise, True):
        return negate(condition)
    if _is_sure(condition) and ast.dump(then) == ast.dump(otherwise):
        return then
    sides = [Side(then, node.then.type, node.type), Side(otherwise, node.otherwise.type, node.type)]
    return joined(emitter.names.cast, node.type, sides, lambda codes: ast.IfExp(condition, *codes))


_SURE = (ast.Name, ast.Attribute, ast.Constant, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.IfExp)
_PARTS = (ast.expr_context, ast.cmpop, ast.boolop, ast.unaryop)


def _is_sure(value: ast.expr) -> bool:
    """Whether a condition can be left out where its answer does not matter, for asking it cannot fail."""
    return all(
        isinstance(node, (*_SURE, *_PARTS))
        or (isinstance(node, ast.Subscript) and is_plain(node))
        or _is_sure_call(node)
        for node in ast.walk(value)
    )


def _is_sure_call(node: ast.AST) -> bool:
    """Whether it calls a helper that takes whatever is missing."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("coalesce", "soft")


def _is_constant(value: ast.expr, wanted: bool) -> bool:
    return isinstance(value, ast.Constant) and value.value is wanted


def _call(function: str, value: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(function, ast.Load()), [value], [])


_PLAIN_OPS: dict[str, ast.cmpop] = {
    "==": ast.Eq(),
    "!=": ast.NotEq(),
    "<": ast.Lt(),
    "<=": ast.LtE(),
    ">": ast.Gt(),
    ">=": ast.GtE(),
    "in": ast.In(),
    "not in": ast.NotIn(),
}
_HELPERS = {"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal"}
_CHAINED = {**_HELPERS, "==": "equal", "in": "is_in"}


def emit_compare(emitter: Emitter, node: Compare) -> ast.expr:
    """`a < b <= c`, `a in b`."""
    operands = [node.first, *(operand for _, operand in node.rest)]
    ops = [op for op, _ in node.rest]
    pairs = list(zip(operands, ops, operands[1:], strict=False))
    if len(pairs) == 1:
        return _emit_pair(emitter, node.first, ops[0], operands[1])
    if all(_is_plain_pair(left.type, op, right.type) for left, op, right in pairs):
        values = [emitter.emit(operand) for operand in operands]
        return ast.Compare(values[0], [_PLAIN_OPS[op] for op in ops], values[1:])
    return _emit_chain(emitter, operands, ops)


def _emit_chain(emitter: Emitter, operands: list[Expr], ops: list[CompareOp]) -> ast.expr:
    """A chain with helpers: `chain(1, less, x, less, 10)` where what stands last costs nothing.

    Else each pair by itself, joined by `and`. What stands in the middle is evaluated once.
    """
    values = [emitter.emit(operand) for operand in operands]
    if all(op in _CHAINED for op in ops) and all(_is_free(value) for value in values[2:]):
        links = [
            part
            for op, value in zip(ops, values[1:], strict=True)
            for part in (ast.Name(emitter.names.use("values", _CHAINED[op]), ast.Load()), value)
        ]
        return emitter.helper("values", "chain", values[0], *links)
    bound: list[tuple[str, ast.expr]] = []
    for position in range(1, len(values) - 1):
        if not _is_free(values[position]):
            name = emitter.new_placeholder()
            bound.append((name, values[position]))
            values[position] = ast.Name(name, ast.Load())
    pairs = [
        _compared(emitter, operands[position], values[position], op, operands[position + 1], values[position + 1])
        for position, op in enumerate(ops)
    ]
    result: ast.expr = ast.BoolOp(ast.And(), pairs)
    for number, (placeholder, value) in enumerate(bound, 1):
        name = f"middle_{number}"
        for inner in ast.walk(result):
            if isinstance(inner, ast.Name) and inner.id == placeholder:
                inner.id = name
        result = ast.Call(as_lambda(LambdaCode((name,), result)), [value], [])
    return result


def _is_free(value: ast.expr) -> bool:
    """Whether a value costs nothing and cannot fail, so that it may be taken before it is needed."""
    return is_plain(value) or isinstance(value, ast.Constant)


def _emit_pair(emitter: Emitter, left: Expr, op: CompareOp, right: Expr) -> ast.expr:
    for side, other in ((left, right), (right, left)):
        if isinstance(side, Literal_) and side.value is None and op in ("==", "!="):
            value = emit_none_witness(emitter, other)
            return compare(value, ast.Is() if op == "==" else ast.IsNot(), ast.Constant(None))
    return _compared(emitter, left, emitter.emit(left), op, right, emitter.emit(right))


def _compared(
    emitter: Emitter, left_node: Expr, left: ast.expr, op: CompareOp, right_node: Expr, right: ast.expr
) -> ast.expr:
    if _is_plain_pair(left_node.type, op, right_node.type):
        if op in ("==", "!=") and isinstance(left, ast.Constant) and isinstance(right, ast.Constant):
            return ast.Constant((left.value == right.value) == (op == "=="))
        if op in _MIRRORED and _constancy(left) > _constancy(right):
            left, op, right = right, _MIRRORED[op], left
        if op in ("==", "!=") and isinstance(right, ast.Constant) and isinstance(right.value, bool):
            # A boolean that may be none: a plain test would take none for false.
            return compare(left, ast.Is() if op == "==" else ast.IsNot(), right)
        return compare(left, _PLAIN_OPS[op], right)
    if op in _HELPERS:
        return emitter.helper("values", _HELPERS[op], left, right)
    helper = "is_in" if op in ("in", "not in") else "equal"
    called = emitter.helper("values", helper, left, right)
    return called if op in ("in", "==") else negate(called)


_MIRRORED: dict[CompareOp, CompareOp] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _constancy(value: ast.expr) -> int:
    """How much a value looks like a constant; people put what changes first."""
    match value:
        case ast.Constant():
            return 2
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return 1 if name.isupper() else 0
        case ast.BinOp(left=left, right=right):
            return min(_constancy(left), _constancy(right))
        case ast.UnaryOp(operand=operand):
            return _constancy(operand)
        case _:
            return 0


def _is_plain_pair(left: Type, op: CompareOp, right: Type) -> bool:
    """Whether Python's own comparison means the same for these types."""
    if op in ("==", "!="):
        return _equality_is_plain(left, right)
    if op in ("in", "not in"):
        return _membership_is_plain(left, right)
    if isinstance(left, _NUMERIC) and isinstance(right, _NUMERIC):
        return True
    return isinstance(left, StrType) and isinstance(right, StrType)


def _equality_is_plain(left: Type, right: Type) -> bool:
    """Python takes True for 1; that matters only where a boolean and a number can meet."""
    one, two = without_none(left), without_none(right)
    for side in (one, two):
        if isinstance(side, (StrType, NoneType, DateTimeType)):
            return True
    return isinstance(one, (BoolType, *_NUMERIC)) and isinstance(two, (BoolType, *_NUMERIC))


def _membership_is_plain(left: Type, container: Type) -> bool:
    match container:
        case ListType(item):
            return _equality_is_plain(left, item) and not isinstance(left, (AnyType, UnionType))
        case StrType() | ObjectType() | MapType():
            return isinstance(left, StrType)
        case _:
            return False
