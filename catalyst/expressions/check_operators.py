"""Types of operators, conditions, literals and lists.

Arithmetic is for numbers, and a boolean is none; `+` also joins text and lists. Comparing what can never be equal is
an error, because it is always a mistake.
"""

from __future__ import annotations

from dataclasses import replace

from catalyst.diagnostics import did_you_mean, listing
from catalyst.expressions.checker import Checker, Facts, default_help, literal_type, shown
from catalyst.expressions.narrowing import facts_of
from catalyst.expressions.tree import (
    Binary,
    BoolOp,
    Coalesce,
    Compare,
    Conditional,
    DictExpr,
    Expr,
    Filter,
    Get,
    Index,
    ListExpr,
    Literal_,
    Ref,
    Unary,
)
from catalyst.expressions.types import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    NEVER,
    NUMBER,
    STR,
    AnyType,
    BoolType,
    DateTimeType,
    FieldType,
    FloatType,
    IntType,
    ListType,
    MapType,
    NoneType,
    NullableType,
    NumberType,
    ObjectType,
    SecretType,
    StrType,
    Type,
    UnionType,
    describe,
    is_secret,
    may_be_none,
    union,
    without_none,
)

NUMERIC = (IntType, FloatType, NumberType)


def refuse_secret(checker: Checker, node: Expr, doing: str) -> bool:
    """Report a secret where none may stand; says whether it did."""
    if not is_secret(node.type):
        return False
    help_ = "a secret may be used whole, joined to text, or go through base64, urlencode and trim"
    checker.error("E301", f"a secret cannot be {doing}", node, help_)
    return True


def refuse_secrets(checker: Checker, doing: str, *nodes: Expr) -> bool:
    """Report each of them that is secret; says whether one is."""
    found = [node for node in nodes if refuse_secret(checker, node, doing)]
    return bool(found)


def refuse_none(checker: Checker, node: Expr) -> Type:
    """The type without none; reports a value that may be none."""
    if isinstance(node.type, NullableType):
        checker.error("E204", "value may be missing or null", node, default_help(node.type))
    elif isinstance(node.type, NoneType):
        checker.error("E205", "none cannot stand here", node)
        return ANY
    return without_none(node.type)


def check_literal(node: Literal_) -> Expr:
    """A constant."""
    return replace(node, type=literal_type(node.value))


def check_list(checker: Checker, node: ListExpr, facts: Facts) -> Expr:
    """`[a, b]`."""
    items = tuple(checker.check(item, facts) for item in node.items)
    for item in items:
        refuse_secret(checker, item, "put into a list")
    return replace(node, items=items, type=ListType(union(*(item.type for item in items)) if items else NEVER))


def check_dict(checker: Checker, node: DictExpr, facts: Facts) -> Expr:
    """`{'a': b}`: an object with exactly these fields."""
    items = tuple((key, checker.check(value, facts)) for key, value in node.items)
    for _, value in items:
        refuse_secret(checker, value, "put into an object")
    return replace(node, items=items, type=ObjectType(tuple((key, FieldType(value.type)) for key, value in items)))


def check_unary(checker: Checker, node: Unary, facts: Facts) -> Expr:
    """`-x`, `+x`, `not x`."""
    value = checker.check(node.value, facts)
    if refuse_secret(checker, value, "calculated with" if node.op != "not" else "tested"):
        return replace(node, value=value)
    if node.op == "not":
        return replace(node, value=value, type=BOOL)
    type_ = refuse_none(checker, value)
    if not isinstance(type_, (*NUMERIC, AnyType)):
        checker.error("E205", f"`{node.op}` needs a number, not {shown(value)}", value, _convert_help(type_))
    return replace(node, value=value, type=type_ if isinstance(type_, NUMERIC) else NUMBER)


def _convert_help(type_: Type) -> str | None:
    if isinstance(type_, StrType):
        return "add `| int` or `| float`"
    return "a boolean is not a number" if isinstance(type_, BoolType) else None


def check_binary(checker: Checker, node: Binary, facts: Facts) -> Expr:
    """Arithmetic and `~`."""
    left, right = checker.check(node.left, facts), checker.check(node.right, facts)
    if node.op == "~":
        secret = is_secret(left.type) or is_secret(right.type)
        return replace(node, left=left, right=right, type=SecretType(STR) if secret else STR)
    if refuse_secrets(checker, "calculated with", left, right):
        return replace(node, left=left, right=right)
    one, two = refuse_none(checker, left), refuse_none(checker, right)
    type_ = _sum_type(one, two) if node.op == "+" else _number_type(node.op, one, two)
    if type_ is None:
        _wrong_operands(checker, node, left, right)
    _check_divisor(checker, node.op, right)
    return replace(node, left=left, right=right, type=type_ or ANY)


def _wrong_operands(checker: Checker, node: Binary, left: Expr, right: Expr) -> None:
    needs = "two numbers, two strings or two arrays" if node.op == "+" else "two numbers"
    one, two = without_none(left.type), without_none(right.type)
    help_ = _convert_help(one) or _convert_help(two)
    if node.op == "+" and (isinstance(one, StrType) or isinstance(two, StrType)):
        help_ = "text is joined with `~`, or convert one side with `| int` or `| string`"
    checker.error("E205", f"`{node.op}` needs {needs}, not {shown(left)} and {shown(right)}", node, help_)


def _check_divisor(checker: Checker, op: str, right: Expr) -> None:
    if op in ("/", "//", "%") and isinstance(right, Literal_) and right.value == 0 and right.value is not False:
        checker.error("E205", f"`{op}` by zero", right)


def _sum_type(left: Type, right: Type) -> Type | None:
    if isinstance(left, ListType) and isinstance(right, ListType):
        if ANY in (left.item, right.item):
            return ListType(ANY)
        return ListType(union(left.item, right.item))
    if isinstance(left, (StrType, AnyType)) and isinstance(right, (StrType, AnyType)) and left != right:
        return STR
    if isinstance(left, StrType) and isinstance(right, StrType):
        return STR
    if isinstance(left, (ListType, AnyType)) and isinstance(right, (ListType, AnyType)) and left != right:
        return ListType(ANY)
    if isinstance(left, (UnionType, AnyType)) and isinstance(right, (UnionType, AnyType)):
        return ANY
    if isinstance(left, UnionType) or isinstance(right, UnionType):
        return ANY
    return _number_type("+", left, right)


def _number_type(op: str, left: Type, right: Type) -> Type | None:
    for side in (left, right):
        if isinstance(side, UnionType):
            if not any(isinstance(member, NUMERIC) for member in side.members):
                return None
        elif not isinstance(side, (*NUMERIC, AnyType)):
            return None
    if op == "/":
        return FLOAT
    if isinstance(left, IntType) and isinstance(right, IntType):
        return INT if op != "**" else NUMBER
    return FLOAT if isinstance(left, FloatType) and isinstance(right, FloatType) and op != "**" else NUMBER


def check_bool_op(checker: Checker, node: BoolOp, facts: Facts) -> Expr:
    """`a and b`, `a or b`: gives an operand; the right side knows what the left side says."""
    left = checker.check(node.left, facts)
    right = checker.check(node.right, facts | facts_of(node.left, node.op == "and"))
    if refuse_secrets(checker, "tested", left, right):
        return replace(node, left=left, right=right)
    return replace(node, left=left, right=right, type=_bool_op_type(node.op, left.type, right.type))


def _bool_op_type(op: str, left: Type, right: Type) -> Type:
    if op == "or":
        return union(without_none(left), right) if not isinstance(left, NoneType) else right
    # `a and b` gives a when a is false; of an object or a number that may be the value itself.
    return union(left, right)


def check_conditional(checker: Checker, node: Conditional, facts: Facts) -> Expr:
    """`a if c else b`: each side knows what the condition says."""
    condition = checker.check(node.condition, facts)
    then = checker.check(node.then, facts | facts_of(node.condition, True))
    otherwise = checker.check(node.otherwise, facts | facts_of(node.condition, False))
    refuse_secret(checker, condition, "tested")
    secret = is_secret(then.type) or is_secret(otherwise.type)
    type_ = SecretType(STR) if secret else union(then.type, otherwise.type)
    return replace(node, condition=condition, then=then, otherwise=otherwise, type=type_)


def check_coalesce(checker: Checker, node: Coalesce, facts: Facts) -> Expr:
    """`a ?? b`: the whole chain of `a` may lead nowhere."""
    value = checker.check(node.value, facts, soft=True)
    fallback = checker.check(node.fallback, facts)
    _warn_filter_on_fallback(checker, node)
    return coalesced(checker, node, value, fallback)


def coalesced(checker: Checker, node: Coalesce, value: Expr, fallback: Expr) -> Expr:
    """The typed `??` of two checked sides."""
    if refuse_secrets(checker, "given a fallback, or be one", value, fallback):
        return replace(node, value=value, fallback=fallback)
    if not isinstance(value.type, (AnyType, NullableType, NoneType)) and not _reads_a_node(value):
        checker.warn("W203", "the fallback is never used: the value cannot be missing", fallback)
    if not isinstance(value.type, (AnyType, NullableType, NoneType)):
        return replace(node, value=value, fallback=fallback, type=value.type)
    type_ = fallback.type if isinstance(value.type, NoneType) else union(without_none(value.type), fallback.type)
    is_list = isinstance(value.type, NullableType) and isinstance(value.type.inner, ListType)
    if is_list and fallback.type == ListType(ANY):
        type_ = without_none(value.type)
    return replace(node, value=value, fallback=fallback, type=type_)


def _reads_a_node(value: Expr) -> bool:
    """Whether a path begins at a node's output: being careful about skipped nodes is no mistake."""
    while isinstance(value, (Get, Index)):
        value = value.value
    return isinstance(value, Ref) and value.kind == "output"


def _warn_filter_on_fallback(checker: Checker, node: Coalesce) -> None:
    fallback = node.fallback
    innermost = fallback
    while isinstance(innermost, Filter):
        innermost = innermost.value
    if innermost is fallback:
        return
    before = checker.source[node.value.end : innermost.start].rstrip()
    if not before.endswith("("):
        message = "the filter applies only to what stands behind `??`"
        checker.warn("W201", message, fallback, "write (a ?? b) | filter, or a ?? (b | filter)")


def check_compare(checker: Checker, node: Compare, facts: Facts) -> Expr:
    """`a < b <= c`, `a in b`."""
    first = checker.check(node.first, facts)
    rest = tuple((op, checker.check(operand, facts)) for op, operand in node.rest)
    operands = [first, *(operand for _, operand in rest)]
    checked = replace(node, first=first, rest=rest, type=BOOL)
    if refuse_secrets(checker, "compared", *operands):
        return checked
    for left, (op, right) in zip(operands, rest, strict=False):
        if op in ("==", "!="):
            check_equality(checker, left, right, op, (left.start, right.end))
        elif op in ("in", "not in"):
            _check_membership(checker, left, right, op)
        else:
            _check_order(checker, left, right, op)
    return checked


def check_equality(checker: Checker, left: Expr, right: Expr, op: str, place: tuple[int, int]) -> None:
    """Report a comparison with a value outside of the choices, and one that can never be equal."""
    if check_choice(checker, left.type, right) or check_choice(checker, right.type, left):
        return
    if not can_be_equal(left.type, right.type):
        always = "false" if op == "==" else "true"
        help_ = "convert one side with `| int` or `| string`"
        if isinstance(left.type, NoneType) or isinstance(right.type, NoneType):
            help_ = "this value is never none"
        message = f"comparing {shown(left)} with {shown(right)} is always {always}"
        checker.error("E213", message, place, help_)


def check_choice(checker: Checker, type_: Type, node: Expr) -> bool:
    """Report a constant that is none of a type's choices; says whether it did."""
    bare = without_none(type_)
    if not isinstance(bare, StrType) or bare.choices is None or not isinstance(node, Literal_):
        return False
    if not isinstance(node.value, str) or node.value in bare.choices or len(bare.choices) == 1:
        return False
    message = f"{node.value!r} is not one of the values this can have"
    help_ = f"it is one of: {listing([repr(choice) for choice in bare.choices])}"
    checker.error("E212", message, node, help_, did_you_mean(node.value, bare.choices))
    return True


def can_be_equal(left: Type, right: Type) -> bool:
    """Whether a value of one type can equal one of the other."""
    if isinstance(left, AnyType) or isinstance(right, AnyType):
        return True
    if may_be_none(left) and may_be_none(right):
        return True
    one, two = without_none(left), without_none(right)
    if isinstance(one, UnionType):
        return any(can_be_equal(member, two) for member in one.members)
    if isinstance(two, UnionType):
        return any(can_be_equal(one, member) for member in two.members)
    if isinstance(one, NUMERIC):
        return isinstance(two, NUMERIC)
    if isinstance(one, StrType) and isinstance(two, StrType):
        return one.choices is None or two.choices is None or bool(set(one.choices) & set(two.choices))
    if isinstance(one, (ObjectType, MapType)):
        return isinstance(two, (ObjectType, MapType))
    return type(one) is type(two) and not isinstance(one, NoneType)


def _check_membership(checker: Checker, left: Expr, right: Expr, op: str) -> None:
    container = refuse_none(checker, right)
    match container:
        case AnyType() | UnionType():
            return
        case ListType(item):
            if isinstance(right, ListExpr):
                wrong = [check_choice(checker, left.type, member) for member in right.items]
                if any(wrong):
                    return
            if check_choice(checker, item, left):
                return
            if not can_be_equal(left.type, item) and not (isinstance(right, ListExpr) and not right.items):
                always = "false" if op == "in" else "true"
                message = f"looking for {shown(left)} in {describe(container)} is always {always}"
                checker.error("E213", message, (left.start, right.end), "convert it with `| int` or `| string`")
        case StrType() | ObjectType() | MapType():
            if not isinstance(refuse_none(checker, left), (StrType, AnyType, UnionType)):
                kind = "a string" if isinstance(container, StrType) else "an object"
                checker.error("E205", f"`in` {kind} needs a string, not {shown(left)}", left, "add `| string`")
        case _:
            checker.error("E205", f"`in` needs an array, a string or an object, not {shown(right)}", right)


def _check_order(checker: Checker, left: Expr, right: Expr, op: str) -> None:
    one, two = refuse_none(checker, left), refuse_none(checker, right)
    if isinstance(one, (AnyType, UnionType)) or isinstance(two, (AnyType, UnionType)):
        other = two if isinstance(one, (AnyType, UnionType)) else one
        fits = isinstance(other, (*NUMERIC, StrType, DateTimeType, AnyType, UnionType))
    else:
        fits = any(isinstance(one, kind) and isinstance(two, kind) for kind in (NUMERIC, StrType, DateTimeType))
    if not fits:
        help_ = _convert_help(one) or _convert_help(two)
        checker.error("E205", f"`{op}` cannot compare {shown(left)} and {shown(right)}", (left.start, right.end), help_)
