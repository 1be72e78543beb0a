"""Python text as values: the opposite of a condition, and texts that follow each other."""

from __future__ import annotations

import ast

import pytest

from catalyst.pysource.conditions import negated
from catalyst.pysource.source import after_text, to_source


@pytest.mark.parametrize(
    ("condition", "opposite"),
    [
        ("more", "not more"),
        ("not more", "more"),
        ("at is not None", "at is None"),
        ("a == b", "a != b"),
        ("a not in b", "a in b"),
        ("a < b", "not a < b"),  # nan is on neither side
        ("a < b < c", "not a < b < c"),
        ("a and b", "not (a and b)"),
    ],
)
def test_opposite_of_a_condition(condition: str, opposite: str) -> None:
    assert to_source(negated(_tree(condition))) == opposite


def test_whole_numbers_are_in_order() -> None:
    assert to_source(negated(_tree("a < b"), in_order=True)) == "a >= b"
    assert to_source(negated(_tree("a < b < c"), in_order=True)) == "not a < b < c"


@pytest.mark.parametrize(
    ("rest", "joined"),
    [
        ("'Be brief.'", "'Read. Be brief.'"),
        ("f'For {name}.'", 'f"Read. For {name}."'),
        ("f'{name} asks.'", 'f"Read. {name} asks."'),
        ("who", 'f"Read. {who}"'),
        ("''.join(a for a in b)", "'Read. ' + ''.join(a for a in b)"),
    ],
)
def test_text_before_a_string(rest: str, joined: str) -> None:
    assert to_source(after_text("Read. ", _tree(rest))) == joined


def test_no_line_of_a_long_text_is_far_longer_than_the_others() -> None:
    words = "select p.name, cast(count(v.at) as integer) as visits from people p left join visits v on v.person = p.id "
    for line in to_source(ast.Constant(words * 3)).splitlines():
        assert len(line) < 110


def _tree(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body
