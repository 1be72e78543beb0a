"""Any text at all: diagnostics or Python that parses, never an exception, and in bounded time."""

from __future__ import annotations

import ast
import os
import random

from catalyst.diagnostics import CompilerBug
from catalyst.expressions.parse import parse_template
from catalyst.expressions.references import node_references
from tests.expressions.bounded import bounded_work
from tests.expressions.support import compile_text
from tests.expressions.test_corpus import LINES as CORPUS
from tests.expressions.test_tables import TABLES, source_of

EXAMPLES = int(os.environ.get("CATALYST_EXAMPLES", "300")) * 5
SEEDS = [source_of(line) for table in TABLES for line in table.read_text(encoding="utf-8").splitlines() if line.strip()]
SEEDS += [line["payload"] for line in CORPUS if len(line["payload"]) < 200]
WORDS = """
    {{ }} {{{ {% | ?? ?. ?[ [ ] ( ) . , : => == != <= ** // ~ + - not in is and or if else none true 'a' 1 2.5 x input
    nodes search output items vars env secrets TOKEN item map filter default defined join upper
    length $ ` & # @ ; { } __class__
"""
PIECES = [*WORDS.split(), "\u2028", "\x00", "\ud83d", "\n", " ", "\t", "'", '"', "é", "0x1", "1e9", "\\N{x}", "\\u12"]


def mutated(rng: random.Random) -> str:
    text = rng.choice(SEEDS)
    for _ in range(rng.randint(1, 4)):
        position = rng.randint(0, len(text))
        way = rng.randint(0, 3)
        if way == 0:
            text = text[:position] + rng.choice(PIECES) + text[position:]
        elif way == 1:
            text = text[:position] + text[position + rng.randint(1, 4) :]
        elif way == 2:
            other = rng.choice(SEEDS)
            cut = rng.randint(0, len(other))
            text = text[:position] + other[cut : cut + rng.randint(1, 12)] + text[position:]
        else:
            text = text[:position] + " " + rng.choice(PIECES) + " " + text[position:]
    return text


def test_mutations_never_raise() -> None:
    rng = random.Random(7)
    built = 0
    for _ in range(EXAMPLES):
        text = mutated(rng)
        try:
            with bounded_work(text):
                compiled = compile_text(text)
                parsed = parse_template(text)
                if parsed.template is not None:
                    node_references(parsed.template)
        except (Exception, CompilerBug) as error:
            raise AssertionError(text) from error
        if compiled.python is None:
            assert compiled.errors, text
        else:
            built += 1
            ast.parse(compiled.python, mode="eval")
    assert built > EXAMPLES // 20
