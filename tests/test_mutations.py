"""A flow that is wrong in any way gives findings, never an exception, and soon.

Flows of the golden cases, the node examples and `examples/` are changed at random: characters, lines, words, values.
`CATALYST_MUTATIONS` sets how many are tried (default 300), `CATALYST_SEED` which.
"""

import ast
import os
import random
import time
from collections.abc import Callable
from pathlib import Path

from catalyst.api import compile_flow
from catalyst.diagnostics import render
from catalyst.linking.flows import Read
from catalyst.nodes.catalog import find_node_type, node_type_names
from tests.emitted import GOLDEN

COUNT = int(os.environ.get("CATALYST_MUTATIONS", "300"))
SEED = int(os.environ.get("CATALYST_SEED", "1"))
SECONDS = 2.0
EXAMPLES = GOLDEN.parent.parent / "examples"

_WORDS = (
    "{{ nodes.x.output }}",
    "{{",
    "}}",
    "input",
    "nodes",
    "type",
    "with",
    "do",
    "none",
    "null",
    "[]",
    "{}",
    "''",
    "-1",
    "1e400",
    "9" * 400,
    "true",
    "string[]",
    "array<array<",
    "switch",
    "loop",
    "map",
    "parallel",
    "try",
    "respond",
    "raise",
    "call",
    "llm",
    "needs",
    "if",
    "on_error",
    "{goto: a}",
    "{default: 1}",
    "\t",
    "\r\n",
    "\ufeff",
    "\u2028",
    "😀",
    "&a",
    "*a",
    "<<",
    "!!python/object:os.system",
    "#",
    "'",
    '"',
    "|",
    "&",
    ": ",
    "- ",
    "? ",
    "{{ 1 + 'a' }}",
    "{{ a => b }}",
    "{{ input | map(x => x) }}",
    "{{ secrets.A }}",
    "{% if x %}",
    "${x}",
    "../../x",
    "\x00",
    "__class__",
    "class",
    "self",
)


def flows() -> list[tuple[str, str]]:
    """(file name, text) of every flow at hand, in a fixed order."""
    places = [*GOLDEN.rglob("*.yaml"), *GOLDEN.rglob("*.json"), *EXAMPLES.rglob("*.yaml"), *EXAMPLES.rglob("*.json")]
    wanted = [place for place in sorted(places) if "expected" not in place.parts and place.name != "runs.yaml"]
    found = [(place.name, place.read_text(encoding="utf-8")) for place in wanted]
    for name in node_type_names():
        node_type = find_node_type(name)
        assert node_type is not None
        found.append(("flow.yaml", node_type.example))
    return [(name, text) for name, text in found if len(text) < 20_000]


def cut(text: str, chance: random.Random) -> str:
    """Some characters less."""
    start = chance.randrange(len(text) + 1)
    return text[:start] + text[start + chance.randint(1, 12) :]


def insert(text: str, chance: random.Random) -> str:
    """A word more, anywhere."""
    start = chance.randrange(len(text) + 1)
    return text[:start] + chance.choice(_WORDS) + text[start:]


def replace(text: str, chance: random.Random) -> str:
    """One word of the flow in the place of another."""
    words = text.split(" ")
    words[chance.randrange(len(words))] = chance.choice([*words, *_WORDS])
    return " ".join(words)


def move_line(text: str, chance: random.Random) -> str:
    """A line somewhere else."""
    lines = text.split("\n")
    lines.insert(chance.randrange(len(lines)), lines.pop(chance.randrange(len(lines))))
    return "\n".join(lines)


def double_line(text: str, chance: random.Random) -> str:
    """A line twice."""
    lines = text.split("\n")
    number = chance.randrange(len(lines))
    return "\n".join([*lines[:number], lines[number], *lines[number:]])


def indent_line(text: str, chance: random.Random) -> str:
    """A line further in or out."""
    lines = text.split("\n")
    number = chance.randrange(len(lines))
    lines[number] = (
        chance.choice([" ", "  ", "\t"]) + lines[number] if chance.random() < 0.5 else lines[number].lstrip()
    )
    return "\n".join(lines)


CHANGES: tuple[Callable[[str, random.Random], str], ...] = (
    cut,
    insert,
    replace,
    replace,
    move_line,
    double_line,
    indent_line,
)


def test_mutated_flows_give_findings_and_nothing_else() -> None:
    chance = random.Random(SEED)
    known = flows()
    compiled = 0
    for number in range(COUNT):
        name, text = chance.choice(known)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            text = chance.choice(CHANGES)(text, chance)
        compiled += try_one(f"{SEED}/{number}", name, text)
    assert compiled or COUNT < 50, "no mutation was a flow any more: they are too rough to test much"


def try_one(which: str, name: str, text: str, read: Read | None = None) -> bool:
    """Compile one; whether it was right."""
    started = time.process_time()
    try:
        result = compile_flow(text, filename=name, read=read)
        shown = [render(item, result.sources.get(item.file)) for item in result.diagnostics]
    except Exception as error:
        error.add_note(f"mutation {which} of {name}:\n{text}")
        raise
    took = time.process_time() - started
    assert took < SECONDS, f"mutation {which} took {took:.1f} s:\n{text}"
    assert result.ok or (shown and not result.files), which
    for path, module in result.files.items():
        if path.endswith(".py") and not path.startswith(("app/runtime/", "lib/")):
            ast.parse(module)
    return result.ok


def test_flows_are_found() -> None:
    assert len(flows()) > 40
    assert all(Path(name).suffix in (".yaml", ".json") for name, _ in flows())
