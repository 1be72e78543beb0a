"""From a character of a scalar's value to its place in the file."""

from __future__ import annotations

import pytest

from catalyst.diagnostics import Located
from catalyst.spec.load import load_tree


def scalar(text: str) -> Located:
    tree, found = load_tree(text, "f")
    assert found == []
    assert tree is not None
    value = tree["a"]
    assert isinstance(value, Located)
    return value


def place(value: Located, needle: str) -> tuple[int, int, int]:
    at = value.index(needle)
    span = value.span_of(at, at + len(needle))
    return span.line, span.column, span.end_column


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: one WORD two\n", (1, 8, 12)),
        ("a: 'one WORD two'\n", (1, 9, 13)),
        ("a: 'it''s WORD'\n", (1, 11, 15)),
        ('a: "one WORD two"\n', (1, 9, 13)),
        ('a: "q\\"\\n\\u00e9 WORD"\n', (1, 17, 21)),
        ('a: "\\x41\\U0001F600 WORD"\n', (1, 20, 24)),
        ("x: 1\na: |\n  one\n    two WORD\n", (4, 9, 13)),
        ("a: |-\n  😀 WORD\n", (2, 5, 9)),
        ("a: |\r\n  one\r\n\r\n  two WORD\r\n", (4, 7, 11)),
        ("é: 😀\na: 😀 WORD\n", (2, 6, 10)),
    ],
)
def test_exact_places(text: str, expected: tuple[int, int, int]) -> None:
    assert place(scalar(text), "WORD") == expected


def test_every_character_of_a_block_stands_where_it_says() -> None:
    text = "a: |\n  one\n   two\n\n  three\nb: 1\n"
    value, lines = scalar(text), text.split("\n")
    for index, char in enumerate(value):
        if char != "\n":
            span = value.span_of(index, index + 1)
            assert lines[span.line - 1][span.column - 1] == char


def test_folded_text_points_at_the_whole_scalar() -> None:
    value = scalar("a: >\n  one\n  two\nb: 1\n")
    assert value.offsets is None
    assert value.span_of(0, 3) == value.span
    assert (value.span.line, value.span.end_line, value.span.end_column) == (1, 3, 6)
    assert scalar("a: one\n  two\n").offsets is None


def test_the_end_of_a_text_has_a_place() -> None:
    value = scalar("a: 'it''s'\n")
    assert value.span_of(len(value), len(value)).column == 10
