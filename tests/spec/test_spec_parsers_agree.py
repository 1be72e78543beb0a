"""Loading never raises, and both YAML parsers give the same values, places and messages."""

from __future__ import annotations

import random
from typing import Any

import pytest
import yaml

from catalyst.diagnostics import render
from catalyst.spec.flow import load_flow, load_project
from catalyst.spec.load import load_slowly, load_value
from catalyst.spec.source import ParserText, check_source
from tests.spec.samples import FLOW

PIECES = (
    *("{{", "}}", "\t", " ", "\n", "\r\n", "'", '"', ": ", "- ", "#", "&a ", "*a", "!!str ", "|", "\n  ", "{", "}"),
    *(
        "[",
        "]",
        ",",
        "?",
        "%",
        "\u2028",
        "\ufeff",
        "😀",
        "\\",
        "null",
        "010",
        "..",
        "---\n",
        "...",
        "~",
        "`",
        "@",
        ">\n",
    ),
    *("\x00", "é", "class", "1e999", "\ud800", "\x85", "<<: ", "? ", "type", "nodes:\n"),
)


def mutations(seed: int, count: int) -> list[str]:
    chance = random.Random(seed)
    return [_mutated(FLOW, chance) for _ in range(count)]


def _mutated(text: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 4)):
        at, kind = chance.randrange(len(text) + 1), chance.random()
        if kind < 0.4:
            text = text[:at] + chance.choice(PIECES) + text[at:]
        elif kind < 0.6:
            text = text[:at] + text[at + chance.randint(1, 12) :]
        elif kind < 0.75:
            start = chance.randrange(len(text) + 1)
            text = text[:at] + text[start : start + chance.randint(1, 40)] + text[at:]
        elif kind < 0.9:
            lines = text.split("\n")
            chance.shuffle(lines)
            text = "\n".join(lines[: chance.randint(1, len(lines))])
        else:
            text = text[:at]
    return text


def as_data(value: Any) -> Any:
    """Values with all their places, for comparison."""
    if isinstance(value, dict):
        return value.span, [
            (str(key), value.key_spans[key], as_data(value[key]), value.value_spans[key]) for key in value
        ]
    if isinstance(value, list):
        return value.span, [as_data(item) for item in value], value.item_spans
    if isinstance(value, str):
        places = [value.offsets.position(at) for at in range(len(value) + 1)] if value.offsets else None
        return str(value), value.span, places
    return type(value), value


@pytest.mark.parametrize("seed", range(4))
def test_loading_never_raises_and_errors_point_into_the_file(seed: int) -> None:
    for text in mutations(seed, 100):
        lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        loaded = load_flow(text, "flow.yaml")
        load_project(text, "catalyst.yaml")
        assert loaded.flow is not None or loaded.has_errors
        for item in loaded.diagnostics:
            assert 1 <= item.line <= len(lines)
            assert 1 <= item.column <= len(lines[item.line - 1]) + 1
            assert "pydantic" not in render(item, text)


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="there is only one parser to compare")
def test_both_parsers_agree() -> None:
    for text in [FLOW, *mutations(99, 80)]:
        if not check_source(text, "f"):
            quick, slow = load_value(text, "f"), load_slowly(ParserText.of(text), "f")
            assert as_data(quick[0]) == as_data(slow[0]), text
            assert quick[1] == slow[1], text


def test_random_bytes_of_text_never_raise() -> None:
    chance = random.Random(7)
    for _ in range(300):
        load_flow("".join(chance.choice(PIECES) for _ in range(chance.randint(0, 30))), "f")
