"""Which regular expressions are taken for dangerous, and that the others are quick."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalyst.expressions.regex_safety import NESTED, OVERLAPPING, TOO_LARGE, regex_problem
from tests.expressions.bounded import bounded_work

DANGEROUS = [
    r"(a+)+$",
    r"(a|a)*$",
    r"(a|aa)+$",
    r"(a*)*",
    r"(a*b*)*c",
    r"(\w+\s?)*$",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"(.*a){12}",
    r"(a|a?)+$",
    r"(a?){30}a{30}",
    r"([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*@x$",
    r"(?:(?:a+)b?)+",
    r"(a{1,30})*$",
    r"(.+)+\1",
    r"(?=(a+)+$)",
    r"(a|b|ab)*c",
    r"(x+x+)+y",
    r"(?i:(a|A)*)z",
    r"(\s|\t)+x",
    r"([^,]*,?)*x",
    r"(a+){10}b",
    r"(\u0041|A)+x",
]
HARMLESS = [
    r"\d+",
    r"(\w+,)+",
    r"[a-z]+(?:\.[a-z]+)*",
    r"^\s*(.*?)\s*$",
    r"(\d{1,3}\.){3}\d{1,3}",
    r"(\d{1,3}\.)+x",
    r"^[\w.+-]+@[\w-]+\.[\w.-]+$",
    r"(?P<y>\d{4})-(\d\d)",
    r"(foo|bar)*baz",
    r"([A-F0-9]{2}:){5}[A-F0-9]{2}",
    r"https?://[^\s/]+(/[^\s]*)?",
    r"(?:[a-z]+,\s*)*[a-z]+",
    r"[]a]+",
    r"[^]a]+",
    r"x{,3}",
    r"a{b}",
    r"(a{4})+b",
    r"(['\"]).*?\1",
    r"(?<=a)b+(?!c)",
    r"^(\+\d{1,2}\s)?\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}$",
    r"(?:a|b)+",
    r'"(?:[^"\\]|\\.)*"',
    r"\{([^{}]*)\}",
    r"\d{1,3}(,\d{3})*(\.\d+)?",
    r"(?i)hello\s+world",
    r"(?#a comment)a+",
    r"(a)?(?(1)b|c)+",
    "",
    "|",
]


@pytest.mark.parametrize("pattern", DANGEROUS)
def test_dangerous(pattern: str) -> None:
    assert regex_problem(pattern) == NESTED


@pytest.mark.parametrize("pattern", HARMLESS)
def test_harmless(pattern: str) -> None:
    assert regex_problem(pattern) is None


def test_many_loops_that_overlap() -> None:
    assert regex_problem(r".*.*.*.*x") == OVERLAPPING
    assert regex_problem(r".*a.*b.*c.*d") is None


def test_what_cannot_be_checked() -> None:
    assert regex_problem(r"(?x) a b") == TOO_LARGE
    assert regex_problem("a" * 500) == TOO_LARGE


pieces = st.sampled_from(
    ["a", "b", "[ab]", ".", "\\w", "(?:", "(", ")", "|", "*", "+", "?", "{2}", "{1,3}", "{9,}", "x", "^", "$"]
)


@settings(derandomize=True, max_examples=150)
@given(st.lists(pieces, max_size=14).map("".join))
def test_what_passes_is_quick(pattern: str) -> None:
    """The check itself is quick, and so is each search with a pattern that it lets pass."""
    try:
        compiled = re.compile(pattern)
    except re.error:
        return
    with bounded_work(pattern):
        problem = regex_problem(pattern)
    if problem is None:
        for text in ("a" * 26 + "!", "ab" * 13 + "!", "b" * 26 + "!", "ax" * 13 + "!"):
            with bounded_work(f"{pattern} in {text}"):
                compiled.search(text)
