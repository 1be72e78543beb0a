"""What all helpers of expressions have in common: only our error leaves them, and nothing that goes in is changed."""

import copy
import inspect
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates.runtime import (
    checks,
    convert,
    dates,
    encoding,
    impure,
    lists,
    objects,
    ordering,
    regexes,
    rounding,
    strings,
)
from templates.runtime.encoding import base64_decode, base64_encode, url_decode, url_encode
from templates.runtime.errors import ExpressionError
from templates.runtime.values import MAX_LIST, MAX_TEXT

MODULES = (checks, convert, dates, encoding, impure, lists, objects, ordering, regexes, rounding, strings)
HELPERS = [
    function
    for module in MODULES
    for name, function in sorted(vars(module).items())
    if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
]
LITERAL = {"pattern": "a+", "format": "%Y", "group": 0, "name": "x", "replacement": "-"}
CALLABLE = {"each", "test", "attribute"}

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["2026-01-31", "12", "true", "{}", "a b", datetime(2026, 1, 31, tzinfo=UTC)])
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("helper", HELPERS, ids=[f"{h.__module__.rpartition('.')[2]}.{h.__name__}" for h in HELPERS])
@settings(derandomize=True, max_examples=30)
@given(data=st.data())
def test_only_our_error_leaves(helper: Any, data: st.DataObject) -> None:
    args = [_argument(parameter, data) for parameter in inspect.signature(helper).parameters.values()]
    before = copy.deepcopy([arg for arg in args if not callable(arg)])
    with suppress(ExpressionError):
        helper(*args)
    assert repr(before) == repr([arg for arg in args if not callable(arg)])


def _argument(parameter: inspect.Parameter, data: st.DataObject) -> Any:
    """A value of any kind for what comes from data; what the flow's text fixes, and the checker checks, fits."""
    if parameter.name in LITERAL:
        return LITERAL[parameter.name]
    if parameter.name in CALLABLE:
        # The total of `reduce` comes before the item.
        return lambda *values: values[-1]
    annotation = str(parameter.annotation)
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "<class 'int'>": st.integers(-5, 2_000_000_000),
        "int | None": st.integers(-5, 5),
        "<class 'float'>": st.floats(-1e12, 1e12),
        "<class 'bool'>": st.booleans(),
        "<class 'str'>": st.text(max_size=3),
        "str | None": st.text(max_size=3) | st.none(),
        "int | str": st.text(max_size=3) | st.integers(-5, 10_000),
    }
    return data.draw(kinds.get(annotation, anything), label=parameter.name)


@settings(derandomize=True, max_examples=100)
@given(st.text())
def test_encodings_go_back(value: str) -> None:
    value = value.encode("utf-8", "ignore").decode()
    assert base64_decode(base64_encode(value)) == value
    assert url_decode(url_encode(value)) == value
    assert all(char.isalnum() or char in "%-._~" for char in url_encode(value))


@settings(derandomize=True, max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers()), max_size=12))
def test_sorting_keeps_the_order_of_equals(pairs: list[tuple[int, int]]) -> None:
    items = [{"k": key, "v": value} for key, value in pairs]
    assert ordering.sort(items, attribute=lambda item: item["k"]) == sorted(items, key=lambda item: item["k"])
    backwards = ordering.sort(items, reverse=True, attribute=lambda item: item["k"])
    assert backwards == sorted(items, key=lambda item: item["k"], reverse=True)


@settings(derandomize=True, max_examples=100)
@given(st.text(max_size=40))
def test_a_slug_is_fit_for_a_file_name(value: str) -> None:
    slug = strings.slug(value)
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not slug.startswith("-")
    assert not slug.endswith("-")


LARGE = [
    (lambda: strings.replace("a" * 1_000_000, "a", "b" * 100), "`replace` gives more than"),
    (lambda: strings.indent("\n" * 1_000_000, 1000), "`indent` gives more than"),
    (lambda: strings.pad("", MAX_TEXT + 1), "`pad` gives more than"),
    (lambda: strings.split("a" * (MAX_LIST + 2), "a"), "`split` gives more than"),
    (lambda: strings.split_lines("\n" * (MAX_LIST + 2)), "`lines` gives more than"),
    (lambda: lists.join(["", ""] * 400_000, "x" * 100), "`join` gives more than"),
    (lambda: lists.flatten([[0] * 1000] * 1001), "`flatten` gives more than"),
    (lambda: lists.append([0] * MAX_LIST, 0), "`append` gives more than"),
    (lambda: lists.as_list("a" * (MAX_LIST + 1)), "`list` gives more than"),
    (lambda: lists.counted(0, 10**18), "`range` gives more than"),
    (lambda: regexes.regex_match("a" * 65_537, "a"), "`regex_match` searches at most 65,536 characters"),
    (lambda: regexes.regex_replace("a" * 65_536, "a", "b" * 200), "`regex_replace` gives more than"),
    (lambda: encoding.base64_encode("a" * MAX_TEXT), "`base64` gives more than"),
]


@pytest.mark.parametrize(("act", "title"), LARGE, ids=[title for _, title in LARGE])
def test_results_have_limits(act: Any, title: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        act()
    assert caught.value.title.startswith(title)


def test_the_clock_chance_and_identifiers() -> None:
    assert impure.now().utcoffset() is not None
    assert str(impure.now("Europe/Berlin").tzinfo) == "Europe/Berlin"
    assert 0 <= impure.random_number() < 1
    assert impure.new_uuid() != impure.new_uuid()


def test_a_module_imports_only_what_it_needs() -> None:
    """A project gets the modules that its flows use, and what these import; none may drag in much."""
    for name in ("strings", "convert", "rounding", "checks", "regexes", "objects", "dates"):
        source = inspect.getsource(import_module(f"templates.runtime.{name}"))
        wanted = {line.split()[1] for line in source.splitlines() if line.startswith("from .")}
        assert wanted <= {".errors", ".values"}
