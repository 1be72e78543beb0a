"""Paths, arithmetic, comparison and text of values whose types are not known."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates.runtime import text as text_module
from templates.runtime import values
from templates.runtime.convert import to_float
from templates.runtime.errors import ExpressionError
from templates.runtime.text import concat, from_json, some_text, text, to_json

DATA = {"user": {"name": "Ann", "nick": None, "tags": ["a", "b"]}, "odd key": 1, "n": 3}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
anything = json_values | st.datetimes(timezones=st.none() | st.just(UTC)) | st.binary() | st.just(object())


def test_a_path_is_followed() -> None:
    assert values.get(DATA, "user", "tags", -1) == "b"
    assert values.get(DATA, "user", "name", 0) == "A"
    assert values.get(DATA, "user", "nick") is None


@pytest.mark.parametrize(
    ("keys", "title"),
    [
        (("usr",), "`usr` is missing"),
        (("user", "nam"), "`user.nam` is missing"),
        (("user", "tags", 2), "`user.tags[2]` is missing: `user.tags` is shorter"),
        (("user", "nick", "x"), "`user.nick` is none, not an object that `x` is in"),
        (("n", 0), "`n` is integer, not an array that `[0]` is in"),
        (("user", "tags", "x"), "`user.tags` is an array and has no string keys"),
        (("user", 0), "`user` is an object and has no integer keys"),
        (("a key from data, 4711",), "`...` is missing"),
        (("__class__",), "`__class__` is missing"),
        (("user", "tags", True), "`user.tags` is an array and has no boolean keys"),
    ],
)
def test_a_missing_step_is_named(keys: tuple[str | int, ...], title: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        values.get(DATA, *keys)
    assert caught.value.title == title
    assert values.soft(DATA, *keys) is None
    assert values.has(DATA, *keys) is False


def test_what_is_there_may_be_none() -> None:
    assert values.has(DATA, "user", "nick")
    assert values.soft(DATA, "user", "nick") is None


def test_an_optional_step_ends_the_walk() -> None:
    assert values.path(DATA, ("usr", True), ("name", False)) is None
    assert values.path(DATA, ("user", False), ("nick", True), ("x", False)) is None
    assert values.path(DATA, ("user", True), ("name", False)) == "Ann"
    with pytest.raises(ExpressionError):
        values.path(DATA, ("user", True), ("nam", False))


def test_attributes_are_out_of_reach() -> None:
    for value in (DATA, [], "text", 1, None, datetime.now(UTC), object()):
        for name in ("__class__", "__init__", "items", "append", "format", "year"):
            assert values.soft(value, name) is None


@pytest.mark.parametrize(
    ("operation", "left", "right", "result"),
    [
        (values.add, 1, 2.5, 3.5),
        (values.add, "a", "b", "ab"),
        (values.add, [1], [2], [1, 2]),
        (values.subtract, 1, 2, -1),
        (values.multiply, 3, 4, 12),
        (values.divide, 4, 2, 2.0),
        (values.floor_divide, -7, 2, -4),
        (values.modulo, -7, 3, 2),
        (values.power, 2, 10, 1024),
        (values.power, 2, -1, 0.5),
        (values.power, -8, 3.0, -512.0),
        (values.equal, 1, 1.0, True),
        (values.equal, 1, True, False),
        (values.less, "a", "b", True),
        (values.greater_equal, 2, 2.0, True),
        (values.is_in, "a", ["a"], True),
        (values.is_in, True, [1], False),
        (values.is_in, "k", {"k": 1}, True),
        (values.is_in, 1, {"1": 1}, False),
        (values.part, [1, 2, 3], 1, [2, 3]),
        (values.coalesce, None, 1, 1),
        (values.coalesce, 0, 1, 0),
    ],
)
def test_operation(operation: Any, left: Any, right: Any, result: Any) -> None:
    found = operation(left, right)
    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    ("operation", "left", "right", "title"),
    [
        (values.add, 1, "a", "`+` needs two numbers, two strings or two arrays, not integer and string"),
        (values.add, True, 1, "`+` needs two numbers, two strings or two arrays, not boolean and integer"),
        (values.subtract, None, 1, "`-` needs two numbers, not none and integer"),
        (values.multiply, "a", 3, "`*` needs two numbers, not string and integer"),
        (values.modulo, "%s", 3, "`%` needs two numbers, not string and integer"),
        (values.divide, 1, 0, "`/` by zero"),
        (values.floor_divide, 1, 0.0, "`//` by zero"),
        (values.modulo, 1, 0, "`%` by zero"),
        (values.power, 0, -1, "`**` of zero with a negative exponent has no value"),
        (values.power, -8, 0.5, "`**` of a negative number needs a whole exponent"),
        (values.power, 2, 1025, "`**` takes exponents up to 1,024"),
        (values.power, 10**300, 1024, "the result of `**` is too large"),
        (values.power, 1e300, 2, "the result of `**` is too large"),
        (values.multiply, 1e300, 1e300, "the result of `*` is too large"),
        (values.multiply, 2**3000, 2**3000, "the result of `*` is too large"),
        (values.add, 2**4000, 0.5, "the result of `+` is too large"),
        (values.divide, 2**4000, 3, "the result of `/` is too large"),
        (values.less, 1, "a", "`<` cannot compare integer and string"),
        (values.less, True, 2, "`<` cannot compare boolean and integer"),
        (values.less, [1], [2], "`<` cannot compare array and array"),
        (
            values.less,
            datetime(2026, 1, 1),
            datetime(2026, 1, 1, tzinfo=UTC),
            "`<` cannot compare a datetime with and one without a time zone",
        ),
        (values.is_in, 1, "abc", "`in` a string needs a string, not integer"),
        (values.is_in, 1, 5, "`in` needs an array, a string or an object, not integer"),
        (values.part, 5, 1, "a slice needs an array or a string, not integer"),
        (values.part, [1], "a", "the bounds of a slice are integers, not string"),
    ],
)
def test_refused_operation(operation: Any, left: Any, right: Any, title: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        operation(left, right)
    assert caught.value.title == title


def test_a_chain_holds_when_each_pair_does() -> None:
    assert values.chain(1, values.less, 2, values.less_equal, 2)
    assert not values.chain(1, values.less, 2, values.less, 2)
    assert not values.chain(2, values.less, 1, values.less, "not asked")
    with pytest.raises(ExpressionError, match="cannot compare integer and string"):
        values.chain(1, values.less, 2, values.less, "asked")


def test_what_no_float_can_hold() -> None:
    with pytest.raises(ExpressionError, match="`float` cannot make a number"):
        to_float(10**400)
    assert to_float(10**400, 0.5) == 0.5


def test_texts_and_lists_have_limits() -> None:
    long = "x" * (values.MAX_TEXT // 2 + 1)
    for operation in (values.add, concat):
        with pytest.raises(ExpressionError, match="gives more than 8,388,608 characters"):
            operation(long, long)
    with pytest.raises(ExpressionError, match="gives more than 1,000,000 items"):
        values.add([0] * 600_000, [0] * 600_000)


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("a", "a"),
        (None, ""),
        (True, "true"),
        (1.0, "1.0"),
        (1e22, "1e+22"),
        (-3, "-3"),
        ({"a": [1, None, "ä"]}, '{"a":[1,null,"ä"]}'),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
    ],
)
def test_text(value: Any, printed: str) -> None:
    assert text(value) == printed


@pytest.mark.parametrize("value", [None, [1], {"a": 1}])
def test_some_places_need_a_scalar(value: Any) -> None:
    with pytest.raises(ExpressionError, match="a string, number or boolean is needed"):
        some_text(value, "a URL")
    assert some_text(0, "a URL") == "0"


def test_json_that_is_none() -> None:
    for source in ("", "{", "NaN", "[1e999]", '"\\ud800"', "[" * 100_000):
        with pytest.raises(ExpressionError, match="`fromjson` needs a JSON text"):
            from_json(source)
    for value in (float("nan"), float("inf"), [float("nan")]):
        with pytest.raises(ExpressionError):
            to_json(value)


@settings(derandomize=True, max_examples=200)
@given(json_values)
def test_json_round_trip(value: Any) -> None:
    assert from_json(to_json(value)) == value
    assert from_json(to_json(value, 2)) == value


OPERATIONS = [
    *(values.add, values.subtract, values.multiply, values.divide, values.floor_divide, values.modulo, values.power),
    *(values.less, values.less_equal, values.greater, values.greater_equal, values.equal, values.is_in),
    *(values.get, values.soft, values.has, values.part, concat),
]


@settings(derandomize=True, max_examples=300)
@given(st.sampled_from(OPERATIONS), anything, anything)
def test_only_our_error_leaves(operation: Any, left: Any, right: Any) -> None:
    try:
        operation(left, right)
    except ExpressionError as error:
        shown = error.title
    else:
        return
    for value in (left, right):
        if isinstance(value, str) and len(value) > 8 and not value.isidentifier():
            assert value not in shown


def test_nothing_evaluates_text() -> None:
    assert not {"eval", "exec", "getattr", "format"} & {*vars(values), *vars(text_module)}
