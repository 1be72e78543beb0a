"""Makes our tree out of Lark's, bottom-up and without recursion.

Goes in: Lark's tree of one hole. Comes out: an `Expr` whose positions count from the start of the scalar. A literal
without a value, a key that stands twice or a lambda in a wrong place raises `TreeProblem`.
"""

# ruff: noqa: D102 - the methods are the rules of the grammar

from __future__ import annotations

from typing import Any, TypedDict

from lark import Token, v_args
from lark.tree import Meta
from lark.visitors import Transformer_NonRecursive

from catalyst.expressions.literals import LiteralProblem, number_value, string_value
from catalyst.expressions.scan import ScanProblem
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

Children = list[Any]
_CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "none": None, "None": None, "null": None}


class Place(TypedDict):
    """Where a node stands in the scalar."""

    start: int
    end: int


class TreeProblem(Exception):
    """The tree cannot be built; carries the finding."""

    def __init__(self, problem: ScanProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class _Named:
    """`name=value` among the arguments of a call."""

    __slots__ = ("end", "name", "start", "value")

    def __init__(self, name: str, value: Expr, start: int, end: int) -> None:
        self.name = name
        self.value = value
        self.start = start
        self.end = end


class _Arguments:
    """The arguments of a call, positional ones first."""

    __slots__ = ("args", "kwargs")

    def __init__(self, args: tuple[Expr, ...] = (), kwargs: tuple[tuple[str, Expr], ...] = ()) -> None:
        self.args = args
        self.kwargs = kwargs


@v_args(meta=True)
class TreeBuilder(Transformer_NonRecursive):  # type: ignore[type-arg]
    """One method per rule of the grammar; `offset` is where the hole's inside begins in the scalar."""

    def __init__(self, offset: int) -> None:
        super().__init__()
        self._offset = offset

    def _place(self, meta: Meta) -> Place:
        return Place(start=meta.start_pos + self._offset, end=meta.end_pos + self._offset)

    def start(self, meta: Meta, children: Children) -> Expr:
        expr: Expr = children[0]
        return expr

    def conditional(self, meta: Meta, children: Children) -> Expr:
        return Conditional(then=children[0], condition=children[1], otherwise=children[2], **self._place(meta))

    def or_(self, meta: Meta, children: Children) -> Expr:
        return BoolOp(op="or", left=children[0], right=children[1], **self._place(meta))

    def and_(self, meta: Meta, children: Children) -> Expr:
        return BoolOp(op="and", left=children[0], right=children[1], **self._place(meta))

    def not_(self, meta: Meta, children: Children) -> Expr:
        return Unary(op="not", value=children[1], **self._place(meta))

    def compare_op(self, meta: Meta, children: Children) -> str:
        return " ".join(children)

    def compare(self, meta: Meta, children: Children) -> Expr:
        rest = tuple(zip(children[1::2], children[2::2], strict=True))
        return Compare(first=children[0], rest=rest, **self._place(meta))

    def coalesce_(self, meta: Meta, children: Children) -> Expr:
        return Coalesce(value=children[0], fallback=children[1], **self._place(meta))

    def binary(self, meta: Meta, children: Children) -> Expr:
        return Binary(op=str(children[1]), left=children[0], right=children[2], **self._place(meta))  # type: ignore[arg-type]

    def sign(self, meta: Meta, children: Children) -> Expr:
        return Unary(op=str(children[0]), value=children[1], **self._place(meta))  # type: ignore[arg-type]

    def test_name(self, meta: Meta, children: Children) -> str:
        return str(children[0])

    def test(self, meta: Meta, children: Children) -> Expr:
        value, negation, name, argument = children
        place = self._place(meta)
        args: tuple[Expr, ...] = ()
        if isinstance(argument, _Arguments):
            if argument.kwargs:
                raise self._problem("a test takes no named arguments", place, "write x is test(argument)")
            args = argument.args
        elif argument is not None:
            args = (argument,)
        name = {"None": "none", "null": "none", "True": "true", "False": "false"}.get(str(name), str(name))
        return Test(value=value, name=name, args=args, negated=negation is not None, **place)

    def filter(self, meta: Meta, children: Children) -> Expr:
        value, name, arguments = children
        arguments = arguments or _Arguments()
        return Filter(value=value, name=str(name), args=arguments.args, kwargs=arguments.kwargs, **self._place(meta))

    def call(self, meta: Meta, children: Children) -> Expr:
        name, arguments = children
        for argument in (*arguments.args, *(value for _, value in arguments.kwargs)):
            if isinstance(argument, Lambda):
                place = Place(start=argument.start, end=argument.end)
                raise self._problem("a lambda stands only in a filter", place, "write items | map(x => x.name)")
        return Call(name=str(name), args=arguments.args, kwargs=arguments.kwargs, **self._place(meta))

    def get(self, meta: Meta, children: Children) -> Expr:
        return Get(value=children[0], key=str(children[1]), optional=False, **self._place(meta))

    def optional_get(self, meta: Meta, children: Children) -> Expr:
        return Get(value=children[0], key=str(children[1]), optional=True, **self._place(meta))

    def index(self, meta: Meta, children: Children) -> Expr:
        return Index(value=children[0], key=children[1], optional=False, **self._place(meta))

    def optional_index(self, meta: Meta, children: Children) -> Expr:
        return Index(value=children[0], key=children[1], optional=True, **self._place(meta))

    def slice(self, meta: Meta, children: Children) -> Expr:
        value, lower, upper, step = [*children, None][:4]
        return Slice(value=value, lower=lower, upper=upper, step=step, **self._place(meta))

    def name(self, meta: Meta, children: Children) -> Expr:
        return Name(name=str(children[0]), **self._place(meta))

    def number(self, meta: Meta, children: Children) -> Expr:
        place = self._place(meta)
        try:
            return Literal_(value=number_value(str(children[0])), **place)
        except LiteralProblem as problem:
            raise self._literal_problem(problem, place["start"]) from None

    def string(self, meta: Meta, children: Children) -> Expr:
        return Literal_(value=self._string(children[0]), **self._place(meta))

    def constant(self, meta: Meta, children: Children) -> Expr:
        return Literal_(value=_CONSTANTS[str(children[0])], **self._place(meta))

    def list(self, meta: Meta, children: Children) -> Expr:
        return ListExpr(items=tuple(child for child in children if child is not None), **self._place(meta))

    def pair(self, meta: Meta, children: Children) -> tuple[Token, str, Expr]:
        return children[0], self._string(children[0]), children[1]

    def dict(self, meta: Meta, children: Children) -> Expr:
        items: dict[str, Expr] = {}
        for pair in children:
            if pair is None:
                continue
            token, key, value = pair
            if key in items:
                start = token.start_pos + self._offset
                place = Place(start=start, end=start + len(token))
                raise self._problem(f"key `{key}` stands twice", place, "keep one of them", code="E108")
            items[key] = value
        return DictExpr(items=tuple(items.items()), **self._place(meta))

    def named(self, meta: Meta, children: Children) -> _Named:
        place = self._place(meta)
        return _Named(str(children[0]), children[1], place["start"], place["end"])

    def lambda_(self, meta: Meta, children: Children) -> Expr:
        *names, body = children
        return Lambda(parameters=tuple(str(name) for name in names), body=body, **self._place(meta))

    def arguments(self, meta: Meta, children: Children) -> _Arguments:
        args: list[Expr] = []
        kwargs: dict[str, Expr] = {}
        for child in children:
            if child is None:
                continue
            if not isinstance(child, _Named):
                if kwargs:
                    place = Place(start=child.start, end=child.end)
                    raise self._problem("a positional argument stands behind a named one", place, "name it too")
                args.append(child)
                continue
            if child.name in kwargs:
                place = Place(start=child.start, end=child.end)
                raise self._problem(f"argument `{child.name}` stands twice", place, "keep one of them", code="E108")
            kwargs[child.name] = child.value
        return _Arguments(tuple(args), tuple(kwargs.items()))

    def _string(self, token: Token) -> str:
        try:
            return string_value(str(token))
        except LiteralProblem as problem:
            raise self._literal_problem(problem, (token.start_pos or 0) + self._offset) from None

    def _literal_problem(self, problem: LiteralProblem, start: int) -> TreeProblem:
        return TreeProblem(
            ScanProblem("E107", problem.message, start + problem.start, start + problem.end, problem.help)
        )

    def _problem(self, message: str, place: Place, help: str, *, code: str = "E103") -> TreeProblem:
        return TreeProblem(ScanProblem(code, message, place["start"], place["end"], help))
