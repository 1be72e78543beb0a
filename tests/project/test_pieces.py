"""Long functions and long containers, laid out in pieces, are what black makes of the whole."""

from __future__ import annotations

import ast
import random

import black
import pytest

from catalyst.project.containers import open_long
from catalyst.project.format import LINE_LENGTH, format_module
from catalyst.project.pieces import LONG, cut, put_back

MODE = black.Mode(line_length=LINE_LENGTH, target_versions={black.TargetVersion.PY311})

STATEMENTS = [
    ["# score, flow.yaml:3", "score = await _score(ctx)"],
    ["ctx.set_output('score', score)"],
    ["x = {'a': 1, 'long': [" + ", ".join(f"'word {n}'" for n in range(20)) + "]}"],
    ["first, second = await some_task_with_a_long_name, [value for value in another_quite_long_name if value + 1 > 2]"],
    ["'a text of its own'"],
    ["text = '''", "not indented", "not a comment: # x", "'''"],
    ["import asyncio"],
    ["return None"],
    [""],
    ["# a comment", "", "# and another"],
    ["total = 1; rest = 2"],
    ["if x:", "    y = 'it\\'s'", "elif z:", "    y = \"it's\"", "else:", "    pass"],
    ["try:", "    y = f(  1 )", "except (A, B) as e:", "    raise", "finally:", "    # why", "    g()"],
    ["async with group:", "    async def inner(a=1):", "        return a", "    h(inner)"],
    ["match y:", "    case 1:", "        z = 1"],
    ["def inner():", "    ...", "z = inner"],
]  # fmt: skip


def random_function(chance: random.Random, least: int) -> str:
    lines = ["async def flow(ctx):", "    '''Runs.'''"]
    while sum(map(len, lines)) < least:
        block = chance.choice(STATEMENTS)
        depth = chance.choice((1, 1, 1, 2, 3))
        lines += [" " * 4 * level + "while x:" for level in range(1, depth)]
        for _ in range(chance.randint(1, 12) if depth > 1 else 1):
            lines += [line if line.startswith("not ") or not line else " " * 4 * depth + line for line in block]
            block = chance.choice(STATEMENTS)
        lines.append(" " * 4 * depth + "pass")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", range(12))
def test_a_long_function_in_pieces_is_what_black_makes_of_it(seed: int) -> None:
    source = "import os\n" + random_function(random.Random(seed), 2 * LONG) + "x = 1\n"
    assert format_module(source) == black.format_str(source, mode=MODE)


def test_pieces_are_made_and_come_back_to_their_places() -> None:
    lines = ["def f():", "    first()", *(f"    name_{n} = function_{n}(argument)" for n in range(300))]
    source = "\n".join(lines) + "\n"
    outline, pieces = cut(source, ast.parse(source).body[0], 1)
    assert len(pieces) == 1
    assert len(outline.split("\n")) == 4
    assert put_back(outline, pieces) == source


@pytest.mark.parametrize(
    "source",
    [
        "FLOW = Workflow(name='a', graph={'nodes': [" + ", ".join(["{'id': 'n', 'after': []}"] * 40) + "]})",
        "A = ('" + "', '".join("abcdefghij" * 2 for _ in range(9)) + "')",
        "A = (" + "'x', " * 60 + ")",
        "A: list[str] = ['" + "x" * 130 + "']",
        "A = {**other, 'a': [" + "1, " * 60 + "]}",
        "A = f('" + "x" * 50 + "', b='" + "y" * 50 + "')(" + "1, " * 40 + ")",
        "A = f('" + "x" * 50 + "', b='" + "y" * 55 + "', **rest)",
        "A = f('" + "x" * 50 + "', bcd='" + "y" * 50 + "', e=(HttpTrigger('" + "z" * 101 + "'),))",
        "A = " + "'x', " * 60,
        "A = {'" + "x" * 50 + "': '" + "y" * 50 + "', 'é': ['" + "z" * 90 + "', '']}",
        "A = f(lambda secrets: secrets.a, *args, " + "1, " * 50 + ")",
    ],
)  # fmt: skip
def test_long_containers_are_laid_out_as_black_does(source: str) -> None:
    wanted = black.format_str(source, mode=MODE)
    assert format_module(source + "\n") == wanted
    assert black.format_str(open_long(source, LINE_LENGTH), mode=MODE) == wanted


def test_what_is_opened_needs_no_second_reading() -> None:
    nodes = ", ".join(f'{{"id": "node_{n}", "type": "set", "after": ["node_{n}", "other"]}}' for n in range(50))
    source = f'FLOW = Workflow(name="a", run=a, triggers=(HttpTrigger("POST", "/a"),), graph={{"nodes": [{nodes}]}})\n'
    assert open_long(source, LINE_LENGTH) == black.format_str(source, mode=MODE)
