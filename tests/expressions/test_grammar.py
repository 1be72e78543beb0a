"""The grammar and the tables made from it."""

from __future__ import annotations

import json

import pytest

from catalyst.diagnostics import Located, Span
from catalyst.expressions.parse import parse_expression, parse_template
from catalyst.expressions.printer import expression_text
from catalyst.expressions.tables import GRAMMAR, TABLES, build_parser, load_parser, made_from, tables_text
from catalyst.expressions.tree import Hole

LINES = [
    "a.b[0]?.c ?? 1 | f(x => x.y, k='v')",
    "not a in b and c is not none or d < 1 <= e",
    "-x ** 2 // 3 % 4 ~ 's' + \"t\"",
    "{'a': [1, 2.5e3, true], 'b': null}[::-1]",
    "x if y else z if a else b",
]


def test_grammar_has_no_conflict() -> None:
    build_parser(GRAMMAR.read_text(encoding="utf-8"), strict=True)


def test_stored_tables_belong_to_the_grammar(update_golden: bool) -> None:
    stored = json.loads(TABLES.read_text(encoding="utf-8")) if TABLES.exists() else {}
    wanted = made_from(GRAMMAR.read_text(encoding="utf-8"))
    if stored.get("made_from") != wanted and update_golden:
        TABLES.write_text(tables_text(), encoding="utf-8")
        stored = json.loads(TABLES.read_text(encoding="utf-8"))
    assert stored["made_from"] == wanted


@pytest.mark.parametrize("line", LINES)
def test_stored_tables_parse_as_the_grammar_does(line: str) -> None:
    built = build_parser(GRAMMAR.read_text(encoding="utf-8"))
    assert load_parser().parse(line) == built.parse(line)


@pytest.mark.parametrize("line", LINES)
def test_printing_is_stable(line: str) -> None:
    printed = _printed(line)
    assert _printed(printed) == printed


def _printed(line: str) -> str:
    template = parse_expression(line).template
    assert template is not None
    assert isinstance(template.parts[0], Hole)
    return expression_text(template.parts[0].expr)


class Lines:
    """The places of a text that begins in line 5, column 9 of its file, each line indented alike."""

    def __init__(self, text: str) -> None:
        self.text = text

    def position(self, offset: int) -> tuple[int, int]:
        start = self.text.rfind("\n", 0, offset) + 1
        return 5 + self.text.count("\n", 0, offset), 9 + offset - start


@pytest.mark.parametrize(
    ("text", "line", "column", "width"),
    [
        ("{{ a && b }}", 5, 14, 1),
        ("one\ntwo {{ x.y( }}", 6, 19, 1),
        ("{{ input.name.upper() }}", 5, 28, 1),
        ("{{ 'a\\N{x}' }}", 5, 14, 2),
        ("{{ $json.x }}", 5, 12, 7),
    ],
)
def test_errors_stand_at_their_place(text: str, line: int, column: int, width: int) -> None:
    located = Located(text, Span("flow.yaml", 5, 9, 9, 9), Lines(text))
    (found,) = parse_template(located).diagnostics
    assert (found.line, found.column, found.end_column - found.column) == (line, column, width)


def test_all_holes_are_reported() -> None:
    found = parse_template("{{ a && b }} {{ c || d }} {{ fine }} {{ }}").diagnostics
    assert [each.code for each in found] == ["E103", "E103", "E102"]


def test_folded_text_names_the_expression() -> None:
    found = parse_template(Located("{{ a && b }}", Span("flow.yaml", 5, 9, 7, 9))).diagnostics
    assert found[0].span.line == 5
    assert found[0].excerpt == "&"


@pytest.mark.parametrize("text", ["{{ x }}", "{{ x }}\n", "{{ '}}' ~ {'a': {'b': 1}} }}"])
def test_whole_values_keep_their_type(text: str) -> None:
    template = parse_template(text).template
    assert template is not None
    assert template.whole


@pytest.mark.parametrize("text", [" {{ x }}", "{{ x }}\n\n", "{{ x }}{{ y }}", "x"])
def test_other_text_is_a_string(text: str) -> None:
    template = parse_template(text).template
    assert template is not None
    assert not template.whole


@pytest.mark.parametrize(
    "source", ["not " * 2000 + "x", "-" * 3000 + "1", "(" * 2000 + "1" + ")" * 2000, "a" + ".a" * 3000, "[" * 4000]
)
def test_deep_input_is_refused_and_never_recurses(source: str) -> None:
    found = parse_template("{{ " + source + " }}").diagnostics
    assert found
    assert found[0].code in ("E101", "E104", "E106", "E103")
