"""Random well-typed expressions, and data for them; untyped ones would mostly compare errors with errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from hypothesis import strategies as st

from catalyst.expressions.scope import Scope
from catalyst.expressions.tree import (
    Binary,
    BoolOp,
    Call,
    Coalesce,
    Compare,
    Conditional,
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
from catalyst.expressions.types import ANY, BOOL, FLOAT, INT, STR, FieldType, ListType, nullable
from tests.expressions.support import record

Kind = Literal["int", "number", "str", "bool", "ints", "strs", "any"]

THING = record("Thing", n=INT, t=STR, deep=record("Deep", k=INT), extra=FieldType(STR, False))
SCOPE = Scope(
    input=record(
        i=INT,
        j=INT,
        f=FLOAT,
        s=STR,
        t=STR,
        b=BOOL,
        ints=ListType(INT),
        strs=ListType(STR),
        thing=THING,
        things=ListType(THING),
        maybe_int=nullable(INT),
        maybe_str=nullable(STR),
        maybe_thing=nullable(THING),
        data=ANY,
    )
)
SMALL = st.integers(-20, 20)
TEXT = st.text(st.sampled_from("aB1 '\"\\{}\n%é\u2028😀"), max_size=6)
FLOATS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: value + 0.0)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | SMALL | FLOATS | TEXT,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["a", "b", "length"]), inner, max_size=3),
    max_leaves=6,
)
THINGS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"n": SMALL, "t": TEXT, "deep": st.fixed_dictionaries({"k": SMALL})}, optional={"extra": TEXT}
)
INPUTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "i": SMALL,
        "j": SMALL,
        "f": FLOATS,
        "s": TEXT,
        "t": TEXT,
        "b": st.booleans(),
        "ints": st.lists(SMALL, max_size=4),
        "strs": st.lists(TEXT, max_size=4),
        "thing": THINGS,
        "things": st.lists(THINGS, max_size=3),
        "maybe_int": st.none() | SMALL,
        "maybe_str": st.none() | TEXT,
        "maybe_thing": st.none() | THINGS,
        "data": JSON,
    }
)
AT = {"start": 0, "end": 0}


def literal(value: Any) -> Expr:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0:
        return Unary(op="-", value=literal(-value), **AT)
    return Literal_(value=value, **AT)


def field_of(value: Expr, *keys: str, optional: bool = False) -> Expr:
    for key in keys:
        value = Get(value=value, key=key, optional=optional, **AT)
    return value


def given(*keys: str) -> Expr:
    return field_of(Name(name="input", **AT), *keys)


def piped(value: Expr, name: str, *args: Expr, **kwargs: Expr) -> Expr:
    return Filter(value=value, name=name, args=args, kwargs=tuple(kwargs.items()), **AT)


def binary(op: Any, left: Expr, right: Expr) -> Expr:
    return Binary(op=op, left=left, right=right, **AT)


def coalesce(value: Expr, fallback: Expr) -> Expr:
    return Coalesce(value=value, fallback=fallback, **AT)


def asked(value: Expr, name: str, *args: Expr, negated: bool = False) -> Expr:
    return Test(value=value, name=name, args=args, negated=negated, **AT)


@dataclass
class Maker:
    """Draws one expression. `has_twin` is whether Jinja can say the same."""

    draw: Callable[[st.SearchStrategy[Any]], Any]
    has_twin: bool = True
    parameters: list[tuple[str, Kind]] = field(default_factory=list)

    def make(self, kind: Kind, depth: int) -> Expr:
        names = [name for name, known in self.parameters if known == kind]
        if names and self.draw(st.integers(0, 2)) == 0:
            return Name(name=self.draw(st.sampled_from(names)), **AT)
        leaves, branches = self.table()[kind]
        options = leaves if depth <= 0 else leaves + branches + branches
        chosen: Callable[[int], Expr] = self.draw(st.sampled_from(options))
        return chosen(depth - 1)

    def table(self) -> dict[Kind, tuple[list[Any], list[Any]]]:
        return {
            "int": (
                [self.small, lambda d: given("i"), lambda d: given("j"), lambda d: given("thing", "deep", "k")],
                [self.arithmetic, self.choice_of("int"), self.int_from, self.int_fallback, self.reduced("int")],
            ),
            "number": (
                [lambda d: given("f"), self.small, lambda d: literal(self.draw(FLOATS))],
                [self.real_arithmetic, self.choice_of("number")],
            ),
            "str": (
                [self.text, lambda d: given("s"), lambda d: given("t"), lambda d: given("thing", "t")],
                [
                    *(self.joined, self.joined, self.str_filter, self.choice_of("str")),
                    *(self.str_fallback, self.str_slice, self.reduced("str")),
                ],
            ),
            "bool": (
                [lambda d: given("b"), lambda d: literal(self.draw(st.booleans()))],
                [self.comparison, self.membership, self.logic, self.test, self.test],
            ),
            "ints": (
                [lambda d: given("ints"), lambda d: ListExpr(items=(self.make("int", 0), self.make("int", 0)), **AT)],
                [self.list_filter("ints"), self.list_sum("ints"), self.list_slice("ints"), self.lambda_ints, self.span],
            ),
            "strs": (
                [lambda d: given("strs"), lambda d: ListExpr(items=(self.make("str", 0),), **AT)],
                [self.list_filter("strs"), self.list_sum("strs"), self.list_slice("strs"), self.lambda_strs],
            ),
            "any": ([self.untyped], [self.untyped_use]),
        }

    def small(self, depth: int) -> Expr:
        return literal(self.draw(st.integers(-9, 30)))

    def text(self, depth: int) -> Expr:
        return literal(self.draw(TEXT))

    def choice_of(self, kind: Kind) -> Callable[[int], Expr]:
        def make(depth: int) -> Expr:
            condition = self.make("bool", depth)
            return Conditional(then=self.make(kind, depth), condition=condition, otherwise=self.make(kind, depth), **AT)

        return make

    def arithmetic(self, depth: int) -> Expr:
        op = self.draw(st.sampled_from(["+", "-", "*", "//", "%", "neg"]))
        left = self.make("int", depth)
        return Unary(op="-", value=left, **AT) if op == "neg" else binary(op, left, self.make("int", depth))

    def real_arithmetic(self, depth: int) -> Expr:
        op = self.draw(st.sampled_from(["+", "-", "*", "/"]))
        kinds: list[Kind] = [self.draw(st.sampled_from(["int", "number"])), "number"]
        return binary(op, self.make(kinds[0], depth), self.make(kinds[1], depth))

    def int_from(self, depth: int) -> Expr:
        source: Kind = self.draw(st.sampled_from(["ints", "strs", "str"]))
        if source == "ints" and self.draw(st.booleans()):
            return self.from_ints(depth)
        return piped(self.make(source, depth), "length")

    def from_ints(self, depth: int) -> Expr:
        way = self.draw(st.sampled_from(["sum", "first", "index", "abs", "max"]))
        ints = self.make("ints", depth)
        if way == "sum":
            return piped(ints, "sum")
        if way == "abs":
            return piped(self.make("int", depth), "abs")
        if way == "index":
            return Index(value=ints, key=literal(self.draw(st.integers(-3, 3))), optional=False, **AT)
        return coalesce(piped(ints, way), self.make("int", depth))

    def int_fallback(self, depth: int) -> Expr:
        way = self.draw(st.sampled_from(["value", "default", "deep", "optional"]))
        fallback = self.make("int", depth)
        if way == "optional":
            self.has_twin = False
            return coalesce(field_of(given("maybe_thing"), "n", optional=True), fallback)
        value = given("maybe_thing", "deep", "k") if way == "deep" else given("maybe_int")
        return piped(value, "default", fallback) if way == "default" else coalesce(value, fallback)

    def str_fallback(self, depth: int) -> Expr:
        value = given(*self.draw(st.sampled_from([("maybe_str",), ("maybe_thing", "t"), ("thing", "extra")])))
        return coalesce(value, self.make("str", depth))

    def joined(self, depth: int) -> Expr:
        if self.draw(st.booleans()):
            return binary("+", self.make("str", depth), self.make("str", depth))
        kind: Kind = self.draw(st.sampled_from(["int", "bool", "ints", "str", "strs", "number"]))
        return binary("~", self.make("str", depth), self.make(kind, depth))

    def str_filter(self, depth: int) -> Expr:
        way = self.draw(st.sampled_from(["upper", "lower", "trim", "replace", "join", "string"]))
        if way == "join":
            return piped(self.make("strs", depth), "join", self.make("str", 0))
        if way == "string":
            self.has_twin = False
            return piped(self.make("number", depth), "string")
        value = self.make("str", depth)
        return piped(value, way, literal("a"), self.make("str", 0)) if way == "replace" else piped(value, way)

    def bounds(self) -> dict[str, Expr | None]:
        lower, upper = (self.draw(st.none() | st.integers(-3, 4)) for _ in range(2))
        shown = [None if bound is None else literal(bound) for bound in (lower, upper)]
        return {"lower": shown[0], "upper": shown[1], "step": None}

    def str_slice(self, depth: int) -> Expr:
        return Slice(value=self.make("str", depth), **self.bounds(), **AT)  # type: ignore[arg-type]

    def list_slice(self, kind: Kind) -> Callable[[int], Expr]:
        return lambda depth: Slice(value=self.make(kind, depth), **self.bounds(), **AT)  # type: ignore[arg-type]

    def list_sum(self, kind: Kind) -> Callable[[int], Expr]:
        return lambda depth: binary("+", self.make(kind, depth), self.make(kind, depth))

    def list_filter(self, kind: Kind) -> Callable[[int], Expr]:
        return lambda depth: piped(self.make(kind, depth), self.draw(st.sampled_from(["reverse", "sort", "unique"])))

    def span(self, depth: int) -> Expr:
        return Call(name="range", args=(literal(self.draw(st.integers(0, 5))),), kwargs=(), **AT)

    def code(self, parameter_kind: Kind, result: Kind, depth: int) -> Expr:
        self.has_twin = False
        name = self.draw(st.sampled_from(["x", "len", "item", "class", "text"]))
        self.parameters.append((name, parameter_kind))
        hidden = [pair for pair in self.parameters if pair[0] != name] + [(name, parameter_kind)]
        before, self.parameters = self.parameters[:-1], hidden
        body = self.make(result, depth)
        self.parameters = before
        return Lambda(parameters=(name,), body=body, **AT)

    def lambda_ints(self, depth: int) -> Expr:
        if self.draw(st.booleans()):
            return piped(self.make("strs", depth), "map", self.code("str", "int", depth))
        return piped(self.make("ints", depth), "filter", self.code("int", "bool", depth))

    def reduced(self, kind: Kind) -> Maker:
        """`ints | reduce(start, (total, x) => ...)`; the total keeps its kind."""

        def make(depth: int) -> Expr:
            values, start = self.make("ints", depth), self.make(kind, depth)
            before = self.parameters
            self.parameters = [*before, ("total", kind)]
            code = self.code("int", kind, depth)
            self.parameters = before
            assert isinstance(code, Lambda)
            return piped(values, "reduce", start, replace(code, parameters=("total", *code.parameters)))

        return make

    def lambda_strs(self, depth: int) -> Expr:
        return piped(self.make("ints", depth), "map", self.code("int", "str", depth))

    def comparison(self, depth: int) -> Expr:
        kind: Kind = self.draw(st.sampled_from(["int", "number", "str"]))
        op = self.draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
        rest = [(op, self.make(kind, depth))]
        if self.draw(st.integers(0, 3)) == 0:
            rest.append((self.draw(st.sampled_from(["<", ">="])), self.make(kind, depth)))
        return Compare(first=self.make(kind, depth), rest=tuple(rest), **AT)

    def membership(self, depth: int) -> Expr:
        op = self.draw(st.sampled_from(["in", "not in"]))
        kinds: tuple[Kind, Kind] = self.draw(st.sampled_from([("int", "ints"), ("str", "strs"), ("str", "str")]))
        return Compare(first=self.make(kinds[0], depth), rest=((op, self.make(kinds[1], depth)),), **AT)

    def logic(self, depth: int) -> Expr:
        if self.draw(st.integers(0, 2)) == 0:
            return Unary(op="not", value=self.make(self.draw(st.sampled_from(["bool", "str", "ints"])), depth), **AT)
        op = self.draw(st.sampled_from(["and", "or"]))
        return BoolOp(op=op, left=self.make("bool", depth), right=self.make("bool", depth), **AT)

    def test(self, depth: int) -> Expr:
        negated = self.draw(st.booleans())
        way = self.draw(st.sampled_from(["even", "divisibleby", "none", "defined", "narrowed"]))
        if way == "divisibleby":
            return asked(self.make("int", depth), way, literal(self.draw(st.integers(1, 5))), negated=negated)
        if way == "none":
            paths = [
                ("maybe_int",),
                ("maybe_thing",),
                ("maybe_thing", "n"),
                ("maybe_thing", "deep", "k"),
                ("thing", "extra"),
            ]
            return asked(given(*self.draw(st.sampled_from(paths))), way, negated=negated)
        if way == "defined":
            paths = [("thing", "extra"), ("maybe_thing", "n"), ("maybe_thing", "deep", "k"), ("i",)]
            return asked(given(*self.draw(st.sampled_from(paths))), way, negated=negated)
        if way == "narrowed":
            return self.narrowed(depth)
        return asked(self.make("int", depth), "even", negated=negated)

    def narrowed(self, depth: int) -> Expr:
        op = self.draw(st.sampled_from(["and", "or"]))
        value = given("maybe_int")
        guard = asked(value, "none", negated=op == "and")
        use = Compare(first=value, rest=((">", self.make("int", depth)),), **AT)
        return BoolOp(op=op, left=guard, right=use, **AT)

    def untyped(self, depth: int) -> Expr:
        self.has_twin = False
        value = given("data")
        for _ in range(self.draw(st.integers(0, 3))):
            optional = self.draw(st.integers(0, 3)) == 0
            if self.draw(st.booleans()):
                value = field_of(value, self.draw(st.sampled_from(["a", "b", "length"])), optional=optional)
            else:
                value = Index(value=value, key=literal(self.draw(st.integers(-1, 1))), optional=optional, **AT)
        return value

    def untyped_use(self, depth: int) -> Expr:
        left = self.untyped(depth)
        way = self.draw(
            st.sampled_from(["calc", "compare", "in", "text", "default", "test", "truth", "length", "chain"])
        )
        other = self.make(self.draw(st.sampled_from(["int", "str", "bool", "ints", "any"])), depth)
        match way:
            case "calc":
                number = self.make(self.draw(st.sampled_from(["int", "number", "any"])), depth)
                return binary(self.draw(st.sampled_from(["+", "-", "*", "/", "//", "%", "**"])), left, number)
            case "compare":
                return Compare(first=left, rest=((self.draw(st.sampled_from(["==", "!="])), other),), **AT)
            case "in":
                return Compare(first=self.make("str", 0), rest=(("in", left),), **AT)
            case "text":
                return binary("~", left, other)
            case "default":
                return coalesce(left, other)
            case "test":
                name = self.draw(st.sampled_from(["none", "string", "number", "boolean"]))
                return asked(left, name)
            case "truth":
                return Conditional(then=other, condition=left, otherwise=literal(1), **AT)
            case "length":
                return piped(coalesce(left, literal("")), "upper")
            case _:
                bounds = (("<", left), ("<", self.make("int", 0)))
                return Compare(first=literal(1), rest=bounds, **AT)


KINDS: list[Kind] = ["int", "number", "str", "bool", "ints", "strs", "any"]


@st.composite
def expressions(draw: Callable[[st.SearchStrategy[Any]], Any]) -> tuple[Expr, bool]:
    """An expression, and whether Jinja can say the same."""
    maker = Maker(draw)
    node = maker.make(draw(st.sampled_from(KINDS)), draw(st.integers(1, 4)))
    return node, maker.has_twin
