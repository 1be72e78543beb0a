"""Filters and tests with Jinja's names, held against Jinja itself.

The oracle is Jinja's `compile_expression` with the differences that are part of the language: keys instead of
attributes, lists instead of iterators, our text for `string` and `join`. The intended differences P1 to P12 are
asserted one by one below.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment, StrictUndefined
from jinja2.exceptions import UndefinedError

from catalyst.expressions.functions import FILTERS
from templates.runtime.errors import ExpressionError
from templates.runtime.text import text
from tests.expressions.functions_support import CompileError, evaluate


class Oracle(Environment):
    """Jinja with key look-ups only."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        try:
            return obj[argument]
        except (KeyError, IndexError, TypeError):
            return self.undefined(obj=obj, name=argument)


def listed(filter_: Callable[..., Any]) -> Callable[..., Any]:
    """The same filter, giving a list (a text stays one)."""

    @wraps(filter_)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = filter_(*args, **kwargs)
        return result if isinstance(result, str) else list(result)

    return wrapped


ORACLE = Oracle(undefined=StrictUndefined)
for name in ("batch", "items", "map", "reject", "rejectattr", "reverse", "select", "selectattr", "unique"):
    ORACLE.filters[name] = listed(ORACLE.filters[name])
ORACLE.filters["string"] = text
ORACLE.filters["join"] = lambda values, sep="", attribute=None: sep.join(
    text(item if attribute is None else item[attribute]) for item in values
)


def plain(value: Any) -> Any:
    """What Jinja gives as JSON data: iterators and tuples are lists."""
    if type(value).__name__ == "StrictUndefined":
        return "undefined"
    if isinstance(value, (list, tuple, Iterator)) or type(value).__name__ in ("generator", "map", "dict_items"):
        return [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def jinja(source: str, values: dict[str, Any]) -> Any:
    return plain(ORACLE.compile_expression(source, undefined_to_none=False)(input=values))


GIVEN: dict[str, Any] = {
    "s": "the Quick brown-fox (JUMPS)\nover the\n\nlazy dog",
    "names": ["b", "A", "c", "a", "B"],
    "nums": [3, 1, 2, 3, -1],
    "floats": [1.5, -0.25, 10.0],
    "empty": [],
    "items": [
        {"k": "b", "n": 2, "ok": True, "in": {"x": 1}},
        {"k": "A", "n": 3, "ok": False, "in": {"x": 9}},
        {"k": "a", "n": 1, "ok": True, "in": {"x": 5}},
    ],
    "o": {"b": 2, "A": 3, "c": 1},
    "x": 42.55,
    "n": 42,
}

ALIKE = """
input.s | upper
input.s | lower
input.s | title
input.s | capitalize
'  a b ' | trim
'xxaxx' | trim('x')
input.s | replace('o', '0')
input.s | replace('o', '00', 2)
input.s | truncate(20, leeway=0)
input.s | truncate(20, true, leeway=0)
input.s | truncate(20, false, '~', 0)
input.s | truncate(20, leeway=100)
input.s | indent
input.s | indent(2, true)
input.s | indent(2, blank=true)
input.s | indent('> ', true, true)
input.s | wordcount
input.s | length
input.names | length
input.o | length
input.names | first
input.names | last
input.s | first
input.s | last
input.names | join
input.names | join('-')
input.nums | join(', ')
input.items | join(', ', attribute='k')
input.names | reverse
input.s | reverse
input.names | sort
input.names | sort(true)
input.names | sort(case_sensitive=true)
input.nums | sort(reverse=true)
input.items | sort(attribute='k')
input.items | sort(attribute='in.x')
input.items | sort(attribute='ok')
input.names | unique
input.names | unique(true)
input.items | unique(attribute='k')
input.nums | unique
input.nums | min
input.nums | max
input.names | min
input.names | max(case_sensitive=true)
input.items | min(attribute='n')
input.items | max(attribute='in.x')
input.nums | sum
input.items | sum('n')
input.items | sum(attribute='in.x', start=100)
input.nums | batch(2)
input.nums | batch(2, 0)
input.empty | batch(2, 0)
input.items | map(attribute='k')
input.items | map(attribute='in.x')
input.items | map(attribute='zz', default='-')
input.names | map('upper')
input.names | map('replace', 'a', 'z')
input.nums | select('odd')
input.nums | select('gt', 1)
input.nums | select
input.nums | reject('even')
input.nums | reject('divisibleby', 3)
input.items | selectattr('ok')
input.items | selectattr('n', 'ge', 2)
input.items | selectattr('k', 'in', ['A', 'a'])
input.items | rejectattr('ok')
input.items | rejectattr('n', 'equalto', 2)
input.items | groupby('k')
input.items | groupby('k', case_sensitive=true)
input.items | groupby('ok')
input.items | groupby('zz', default='z')
input.names | list
input.s | list
input.o | list
input.o | items
input.o | dictsort
input.o | dictsort(true)
input.o | dictsort(by='value')
input.o | dictsort(false, 'value', true)
input.x | round
input.x | round(1)
input.x | round(1, 'ceil')
input.x | round(1, 'floor')
input.x | round(-1)
input.n | round
-input.x | abs
'42' | int
'42.7' | int
'x' | int(7)
input.x | int
'4.5' | float
'x' | float(1.5)
input.n | float
input.n is odd
input.n is even
input.n is divisibleby(7)
input.n is number
input.n is integer
input.x is float
input.n is float
input.s is string
input.o is mapping
input.names is sequence
input.o is sequence
input.n is iterable
true is boolean
true is true
1 is true
none is none
input.n is none
'a' is lower
'A' is upper
'1' is upper
input.n is eq(42)
input.n is ne(42)
input.n is lt(43)
input.n is ge(42)
'a' is in(input.names)
'b' is in(input.o)
input.n is defined
""".strip().splitlines()


@pytest.mark.parametrize("typed", [True, False], ids=["typed", "untyped"])
@pytest.mark.parametrize("source", ALIKE)
def test_same_as_jinja(source: str, typed: bool) -> None:
    typed = typed and "zz" not in source  # where the keys are known, a key that is not there is an error of the flow
    assert _typed(evaluate(source, GIVEN, typed=typed)) == _typed(jinja(source, GIVEN))


def test_each_filter_of_jinja_is_compared() -> None:
    compared = {name for name, spec in FILTERS.items() if spec.jinja and any(f"| {name}" in line for line in ALIKE)}
    assert compared == {name for name, spec in FILTERS.items() if spec.jinja}


scalars = st.one_of(st.integers(-99, 99), st.text("abAB -", max_size=6))
lists = st.one_of(st.lists(st.integers(-99, 99), max_size=6), st.lists(st.text("abAB", max_size=3), max_size=6))
CHAINS = [
    "sort",
    "sort(reverse=true)",
    "unique",
    "reverse",
    "first",
    "last",
    "length",
    "list",
    "min",
    "max",
    "batch(2)",
    "join('-')",
]


@settings(max_examples=150, derandomize=True)
@given(values=lists, chain=st.lists(st.sampled_from(CHAINS[:4]), max_size=3), end=st.sampled_from(CHAINS))
def test_chains_of_list_filters(values: list[Any], chain: list[str], end: str) -> None:
    source = " | ".join(["input.v", *chain, end])
    try:
        wanted = jinja(source, {"v": values})
    except UndefinedError:
        wanted = None
    if wanted == "undefined":
        wanted = None  # the first of nothing is none
    for typed in (True, False):
        assert _typed(evaluate(source, {"v": values}, typed=typed)) == _typed(wanted)


TEXT_FILTERS = [
    "upper",
    "lower",
    "title",
    "capitalize",
    "trim",
    "wordcount",
    "indent(2)",
    "truncate(9, leeway=0)",
    "replace('a', 'bb')",
    "length",
    "list",
]


@settings(max_examples=150, derandomize=True)
@given(
    value=st.text("ab AB-(x\n", max_size=30),
    source=st.sampled_from(TEXT_FILTERS),
)
def test_text_filters(value: str, source: str) -> None:
    source = f"input.v | {source}"
    for typed in (True, False):
        assert evaluate(source, {"v": value}, typed=typed) == jinja(source, {"v": value})


# The intended differences: (rule, source, ours, Jinja's); an error is named by its class.
DIFFERENCES = [
    ("P1", "input.zz", ExpressionError, "undefined"),
    ("P2", "input.t | string", "true", "True"),
    ("P2", "input.none | string", "", "None"),
    ("P3", "[1, 'a'] | string", '[1,"a"]', "[1, 'a']"),
    ("P4", "'x' | int", ExpressionError, 0),
    ("P4", "'x' | float", ExpressionError, 0.0),
    ("P5", "input.text", "[1]", "[1]"),
    ("P6", "[1, 2, 3] | slice(1)", [2, 3], [[1, 2, 3]]),
    ("P7", "'abcdef ghij' | truncate(8)", "abcde...", "abcdef ghij"),
    ("P8", "input.none | upper", ExpressionError, "NONE"),
    ("P9", "[true, 1] | sum", ExpressionError, 2),
    ("P10", "'%d' % 3", CompileError, "3"),
    ("P10", "'a' * 3", CompileError, "aaa"),
    ("P12", "null", None, "undefined"),
]


@pytest.mark.parametrize(("rule", "source", "ours", "theirs"), DIFFERENCES, ids=[f"{d[0]} {d[1]}" for d in DIFFERENCES])
def test_intended_difference(rule: str, source: str, ours: Any, theirs: Any) -> None:
    values = {"t": True, "none": None, "text": "[1]"}
    bare = Environment(undefined=StrictUndefined)
    found = plain(bare.compile_expression(source, undefined_to_none=False)(input=values))
    assert found == theirs, rule
    if isinstance(ours, type):
        with pytest.raises((ExpressionError, CompileError)):
            evaluate(source, values, typed=False)
    else:
        assert evaluate(source, values, typed=False) == ours


def _typed(value: Any) -> Any:
    if isinstance(value, list):
        return [_typed(item) for item in value]
    return type(value).__name__ if isinstance(value, bool) else "", value
