"""The expression tree: what the parser makes, the checker types and the emitter prints.

Frozen dataclasses. `start` and `end` index the text of the whole scalar (see `Located.span_of`). `type` is `ANY` until
`check.py` has filled it in; a checked tree has its root names replaced by `Ref`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from catalyst.expressions.types import ANY, Type

CompareOp = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
BinaryOp = Literal["+", "-", "~", "*", "/", "//", "%", "**"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What all tree nodes have: their place in the scalar and their type."""

    start: int
    end: int
    type: Type = ANY


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal_(Node):
    """A number, string, boolean or none."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListExpr(Node):
    """`[a, b]`."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DictExpr(Node):
    """`{'key': value}`; keys are constant strings."""

    items: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Node):
    """A root name or a lambda parameter, as written."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref(Node):
    """A resolved reference; only in checked trees.

    kind      path
    input     (field,)            the flow's input
    output    (node id,)          what a node gave
    status    (node id,)          'ok', 'error' or 'skipped'
    error     (node id,)          the problem of a failed node, or none
    var       (name,)             a constant of the flow
    env       (NAME,)             a declared environment variable
    secret    (NAME,)             a declared secret
    execution (id|workflow|started_at|usage,)
    local     (name,)             a name bound by a body (`item`, `index`, `err`, `state.n` as ("state", "n"), ...)
    lambda    (name,)             a lambda parameter
    A whole root without a field (`{{ input }}`) has an empty path.
    """

    kind: Literal["input", "output", "status", "error", "var", "env", "secret", "execution", "local", "lambda"]
    path: tuple[str, ...]
    assured: bool = False
    """Whether a condition outside of the expression says that the value, which may be none, is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Get(Node):
    """`value.key`, or `value?.key` when `optional`."""

    value: Expr
    key: str
    optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Index(Node):
    """`value[key]`, or `value?[key]` when `optional`."""

    value: Expr
    key: Expr
    optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Node):
    """`value[start:stop:step]`."""

    value: Expr
    lower: Expr | None
    upper: Expr | None
    step: Expr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """`now()`, `range(3)`: one of the few functions."""

    name: str
    args: tuple[Expr, ...]
    kwargs: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Node):
    """`value | name(args)`; an argument may be a `Lambda`."""

    value: Expr
    name: str
    args: tuple[Expr, ...]
    kwargs: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Test(Node):
    """`value is name(args)`, or `is not` when `negated`."""

    value: Expr
    name: str
    args: tuple[Expr, ...]
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary(Node):
    """`-x`, `+x`, `not x`."""

    op: Literal["-", "+", "not"]
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(Node):
    """Arithmetic and `~`."""

    op: BinaryOp
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class BoolOp(Node):
    """`a and b`, `a or b`; gives an operand, as in Python."""

    op: Literal["and", "or"]
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(Node):
    """A chain such as `1 < x <= 9`."""

    first: Expr
    rest: tuple[tuple[CompareOp, Expr], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional(Node):
    """`then if condition else otherwise`."""

    then: Expr
    condition: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Coalesce(Node):
    """`value ?? fallback`."""

    value: Expr
    fallback: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Lambda(Node):
    """`x => body` or `(total, x) => body`, only as an argument of a filter."""

    parameters: tuple[str, ...]
    body: Expr


Expr = (
    Literal_
    | ListExpr
    | DictExpr
    | Name
    | Ref
    | Get
    | Index
    | Slice
    | Call
    | Filter
    | Test
    | Unary
    | Binary
    | BoolOp
    | Compare
    | Conditional
    | Coalesce
    | Lambda
)


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text between holes."""

    value: str


@dataclass(frozen=True, slots=True)
class Hole:
    """One `{{ expression }}`; `start` and `end` include the braces."""

    expr: Expr
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Template:
    """A scalar with holes. `whole` when it is exactly one hole, so that the value keeps its type."""

    parts: tuple[Text | Hole, ...]
    whole: bool
    type: Type = ANY
