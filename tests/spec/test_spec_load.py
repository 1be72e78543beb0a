"""YAML as data only: what is read, what is refused, and where each error points."""

from __future__ import annotations

import pytest

from catalyst.diagnostics import Diagnostic
from catalyst.spec.load import load_tree, load_value
from catalyst.spec.source import decode_source


def values(text: str) -> dict[str, object]:
    tree, found = load_tree(text, "flow.yaml")
    assert [item for item in found if item.severity == "error"] == []
    assert tree is not None
    return dict(tree)


def only(text: str) -> Diagnostic:
    _, found = load_tree(text, "flow.yaml")
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("+3", 3),
        ("0o17", 15),
        ("0x1f", 31),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-0", 0),
        ("yes", "yes"),
        ("on", "on"),
        ("NO", "NO"),
        ("1:30", "1:30"),
        ("12:30:45", "12:30:45"),
        ("2020-01-01", "2020-01-01"),
        ("1_000", "1_000"),
        ("=", "="),
        ("+", "+"),
        ("0o8", "0o8"),
        ("None", "None"),
        ("NaN", "NaN"),
        ("'true'", "true"),
        ('"12"', "12"),
    ],
)
def test_core_schema(written: str, value: object) -> None:
    got = values(f"a: {written}\n")["a"]
    assert got == value
    assert isinstance(got, type(value))


def test_a_leading_zero_is_a_number_with_a_warning() -> None:
    tree, found = load_tree("a: 010\n", "f")
    assert tree == {"a": 10}
    assert [item.code for item in found] == ["W131"]


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("", "E123", 1, 1),
        ("# only a comment\n", "E123", 1, 1),
        ("- a\n", "E123", 1, 1),
        ("just text\n", "E123", 1, 1),
        ("a: 1\nb: 2\na: 3\n", "E124", 3, 1),
        ("a: &x 1\n", "E125", 1, 4),
        ("a: *x\n", "E125", 1, 4),
        ("<<: {}\n", "E125", 1, 1),
        ("a: !!str x\n", "E126", 1, 4),
        ("a: !<tag:evil> x\n", "E126", 1, 4),
        ("%YAML 1.1\n---\na: 1\n", "E127", 1, 1),
        ("%FOO bar\n---\na: 1\n", "E127", 1, 1),
        ("a: 1\n---\nb: 2\n", "E127", 2, 1),
        ("1: x\n", "E128", 1, 1),
        ("a: 1\nnull: x\n", "E128", 2, 1),
        ("? [a]\n: b\n", "E128", 1, 3),
        ("a: .nan\n", "E131", 1, 4),
        ("a: -.inf\n", "E131", 1, 4),
        ("a: 1e999\n", "E131", 1, 4),
        ("a: 9223372036854775808\n", "E131", 1, 4),
        ("a: " + "9" * 10000 + "\n", "E131", 1, 4),
        ("a:\n\t- b\n", "E132", 2, 1),
        ("\ta: 1\n", "E132", 1, 1),
        ("a: x\0y\n", "E121", 1, 5),
        ("é: 1\r\na: \x1b\r\n", "E121", 2, 4),
        ("a: \ud800\n", "E121", 1, 4),
        ("a: 'x\nb: 1\n", "E120", 1, 4),
        ("a: b: c\n", "E120", 1, 5),
        ("a: [1, 2\n", "E120", 1, 8),
        ("a: @x\n", "E120", 1, 4),
        ("a:\n  b: 1\n c: 2\n", "E120", 3, 2),
        ("😀: '\n", "E120", 1, 4),
    ],
)
def test_refused(text: str, code: str, line: int, column: int) -> None:
    found = only(text)
    assert (found.code, found.line, found.column) == (code, line, column)


@pytest.mark.parametrize(
    ("text", "line", "column", "width"),
    [
        ("key: {{ input.query }}\n", 1, 6, 17),
        ("a: [{{ input.query }}]\n", 1, 5, 17),
        ("a: 1\nkey: {{ x | upper('a') }}\n", 2, 6, 20),
        ("key: {{ x }} and more\n", 1, 6, 7),
        ("- {{ x[0] }}\n", 1, 3, 10),
        ("a: {b: Hello {{ x }}}\n", 1, 14, 7),
    ],
)
def test_an_unquoted_expression_asks_for_quotes(text: str, line: int, column: int, width: int) -> None:
    _, found = load_value(text, "f")
    assert [(item.code, item.line, item.column, item.end_column - item.column) for item in found] == [
        ("E122", line, column, width)
    ]
    assert "quote the value" in (found[0].help or "")


def test_an_unquoted_expression_is_still_read_as_the_text_that_was_meant() -> None:
    tree, _ = load_tree("key: {{ input.query }}\nb: 1\n", "f")
    assert tree == {"key": "{{ input.query }}", "b": 1}


def test_all_errors_of_a_file_at_once() -> None:
    text = "a: &x 1\nb: !t 2\nb: 3\n4: {{ y }}\nc: .inf\n"
    _, found = load_tree(text, "f")
    assert [item.code for item in found] == ["E125", "E126", "E124", "E128", "E122", "E131"]


def test_expressions_in_plain_text_need_no_quotes() -> None:
    assert values("a: Hello {{ input.name }}\n") == {"a": "Hello {{ input.name }}"}


def test_depth() -> None:
    tree, found = load_tree("a: " + "[" * 63 + "]" * 63 + "\n", "f")
    assert found == []
    assert tree is not None
    assert only("a: " + "[" * 64 + "]" * 64).code == "E129"
    assert only("a: " + "[" * 100_000).code == "E129"


def test_size() -> None:
    assert load_tree("a: " + "x" * 999_000, "f")[1] == []
    assert only("a: " + "x" * 1_000_000).code == "E129"
    assert only("a: " + "é" * 500_000).code == "E129"


def test_byte_order_mark_and_line_ends_of_windows_are_fine() -> None:
    assert values("\ufeffa: 1\r\nb: é😀\r\n") == {"a": 1, "b": "é😀"}
    assert values("a: |\r\n  x\r\n  y\r\n") == {"a": "x\ny\n"}


@pytest.mark.parametrize("char", ["\u2028", "\u2029", "\x85"])
def test_only_cr_and_lf_end_a_line(char: str) -> None:
    tree, _ = load_tree(f"a: x{char}y\nb: 'p{char}q'\n", "f")
    assert tree == {"a": f"x{char}y", "b": f"p{char}q"}
    assert tree.value_spans["b"].line == 2


def test_bytes_that_are_not_utf8() -> None:
    text, found = decode_source("a: é\nb: ".encode() + b"\xff\n", "f")
    assert text is None
    assert [(item.code, item.line, item.column) for item in found] == [("E130", 2, 4)]
    assert decode_source("a: é".encode(), "f") == ("a: é", [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_wide_encodings_are_named_once(encoding: str) -> None:
    text, found = decode_source("catalyst: 1".encode(encoding), "f")
    assert text is None
    assert [item.message for item in found] == [f"the file is {encoding[:6].upper()}, not UTF-8"]


def test_spans_of_maps_and_values() -> None:
    tree, _ = load_tree("a:\n  b: 12\n  c: [x, 'y']\nd: 1\n", "f")
    assert tree is not None
    inner = tree["a"]
    assert (inner.span.line, inner.span.column, inner.span.end_line, inner.span.end_column) == (2, 3, 3, 14)
    assert (inner.value_spans["b"].line, inner.value_spans["b"].column, inner.value_spans["b"].end_column) == (2, 6, 8)
    assert [span.column for span in inner["c"].item_spans] == [7, 10]


def test_json_is_read_with_its_escapes() -> None:
    tree, found = load_tree('{\n\t"a": "\\ud83d\\ude00 \\/ \\u00e9",\n\t"b": [true, null, 1.5]\n}\n', "f")
    assert found == []
    assert tree == {"a": "\U0001f600 / \u00e9", "b": [True, None, 1.5]}
    assert tree["a"].span_of(2, 3).column == 21
    assert only('a: "\\ud83d"').code == "E121"
