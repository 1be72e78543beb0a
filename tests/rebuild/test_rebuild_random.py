"""A build that uses what the last one left is a whole build, letter by letter, whatever was changed in between.

Random flows, those of the golden cases, the node examples and `examples/` are changed again and again, in small ways
and in rough ones, with mistakes made and taken back. `CATALYST_MUTATIONS` sets how many builds are compared (default
300), `CATALYST_SEED` which.
"""

import os
import random
import re
from collections.abc import Callable, Iterable, Mapping

from benchmarks.make_flow import make_flow
from catalyst.api import CompilerBug, Read, Result, compile_flow
from catalyst.rebuild.cut import Cut, cut
from tests import test_mutations as rough
from tests.flows.generate import random_case
from tests.rebuild.keeping import InMemory, is_kept, same

COUNT = int(os.environ.get("CATALYST_MUTATIONS", "300"))
SEED = int(os.environ.get("CATALYST_SEED", "1"))
CHAIN = 12
"""Changes of one flow, one after another."""

Change = Callable[[str, random.Random], str]

_OPERATORS = (" + ", " - ", " * ", " > ", " < ", " == ", " ?? ", " and ", " or ")
_FILTERS = ("upper", "lower", "trim", "length", "first", "last", "sum", "string", "title", "reverse", "sort")
_HEADS = (
    "description: another",
    "vars: {region: asia, factor: 4}",
    "defaults: {timeout: 3s}",
    "secrets: [ANOTHER]",
    "settings: {concurrency: 5}",
    "env: {PLACE: {default: here}}",
)


def number(text: str, chance: random.Random) -> str:
    """Another number."""
    return _one(re.finditer(r"(?<![\w.])\d{1,3}(?![\w.])", text), text, str(chance.randint(0, 99)), chance)


def word(text: str, chance: random.Random) -> str:
    """Another word in some text."""
    new = chance.choice(["amber", "# x, flow.yaml:9", "it's", 'say \\"so\\"', "zwölf", "a b", "{{ 1 + 1 }}", "x" * 90])
    return _one(re.finditer(r"(?<=[\"' ])[a-z]{3,9}(?=[\"' ,}])", text), text, new, chance)


def operator(text: str, chance: random.Random) -> str:
    """Another operator."""
    places = re.finditer("|".join(re.escape(each) for each in _OPERATORS), text)
    return _one(places, text, chance.choice(_OPERATORS), chance)


def filter_(text: str, chance: random.Random) -> str:
    """Another filter."""
    return _one(re.finditer(r"(?<=\| )[a-z_]+\b", text), text, chance.choice(_FILTERS), chance)


def reference(text: str, chance: random.Random) -> str:
    """A reference to something else that is referred to."""
    known = re.findall(r"(?:nodes|input)\.[\w.?]+", text)
    return _one(re.finditer(r"(?:nodes|input)\.[\w.?]+", text), text, chance.choice(known or ["input.x"]), chance)


def comment(text: str, chance: random.Random) -> str:
    """A comment more."""
    lines = text.split("\n")
    lines.insert(chance.randrange(len(lines)), " " * chance.randint(0, 8) + "# a comment, flow.yaml:3")
    return "\n".join(lines)


def setting(text: str, chance: random.Random) -> str:
    """Something beside the settings of a node."""
    parts = cut(text)
    if parts is None:
        return text
    nodes = [list(parts.node(index)) for index in range(len(parts.names))]
    lines = chance.choice(nodes)
    own = next((line for line in lines[1:] if line.strip() and not line.strip().startswith("#")), None)
    if own is None:
        return text
    pad = own[: len(own) - len(own.lstrip())]
    extra = ["timeout: 7s", "retry: 2", "if: '{{ 1 > 2 }}'", "on_error: {default: 1}", "description: words"]
    extra += ["cache: 10s", f"needs: [{chance.choice(parts.names)}]"]
    lines.insert(1, pad + chance.choice(extra))
    return _with_nodes(parts, nodes)


def node(text: str, chance: random.Random) -> str:
    """A node less, a node more, one with another name, or two that change places."""
    parts = cut(text)
    if parts is None or len(parts.names) < 2:
        return text
    nodes = [list(parts.node(index)) for index in range(len(parts.names))]
    index, other = chance.sample(range(len(nodes)), 2)
    name = parts.names[index]
    renamed = [nodes[index][0].replace(name, f"{name}_x", 1), *nodes[index][1:]]
    match chance.randrange(4):
        case 0:
            nodes.pop(index)
        case 1:
            nodes.insert(other, renamed)
        case 2:
            nodes[index] = renamed
        case _:
            nodes[index], nodes[other] = nodes[other], nodes[index]
    return _with_nodes(parts, nodes)


def head(text: str, chance: random.Random) -> str:
    """Something for all nodes."""
    line = chance.choice(_HEADS)
    key = line.partition(":")[0]
    return re.sub(rf"(?m)^{key}:.*$", line, text) if re.search(rf"(?m)^{key}: ", text) else f"{line}\n{text}"


def input_type(text: str, chance: random.Random) -> str:
    """Another type, somewhere."""
    types = ("string", "integer", "number", "boolean", "string?", "any", "integer[]")
    return _one(re.finditer(r"\b(?:string|integer|number|boolean)\b", text), text, chance.choice(types), chance)


def at_random(text: str, chance: random.Random) -> str:
    """Anything, as a cat on the keyboard would do it."""
    change: Change = chance.choice(rough.CHANGES)
    return change(text, chance)


SMALL: tuple[Change, ...] = (number, number, word, word, operator, filter_, reference, comment)
OTHER: tuple[Change, ...] = (setting, setting, node, head, input_type, at_random)


def _one(matches: Iterable[re.Match[str]], text: str, new: str, chance: random.Random) -> str:
    found = list(matches)
    if not found:
        return text
    match = chance.choice(found)
    return text[: match.start()] + new + text[match.end() :]


def _with_nodes(parts: Cut, nodes: list[list[str]]) -> str:
    inside = [line for lines in nodes for line in lines]
    return "\n".join([*parts.lines[: parts.starts[0]], *inside, *parts.lines[parts.starts[-1] :]])


def _flow(chance: random.Random) -> tuple[str, str, Mapping[str, str]]:
    """A flow to begin with: name, text, the files it reads."""
    kind = chance.randrange(3)
    if kind == 0:
        return "flow.yaml", make_flow(chance.randint(8, 40)), {}
    if kind == 1:
        case = random_case(chance.randrange(100_000))
        return "flow.yaml", case.source, case.files
    name, text = chance.choice(rough.flows())
    return name, text, {}


def _compiled(source: str, name: str, read: Read, kept: InMemory | None) -> Result:
    """The result. For a flow that the compiler fails at, which others look for, one that says so."""
    try:
        return compile_flow(source, filename=name, read=read, kept=kept)
    except CompilerBug as bug:
        return Result(str(bug), {}, [])


def test_what_was_kept_changes_nothing() -> None:
    chance = random.Random(f"rebuild {SEED}")
    quick = 0
    for number_ in range(0, COUNT, CHAIN):
        name, text, files = _flow(chance)
        kept = InMemory()
        right = text
        for step in range(CHAIN):
            result = _compiled(text, name, files.get, kept)
            whole = _compiled(text, name, files.get, None)
            quick += step > 0 and is_kept(result)
            assert same(result, whole), f"seed {SEED}, chain {number_}, step {step} of {name}:\n{text}"
            right = text if whole.files else right
            text = chance.choice(SMALL if chance.random() < 0.7 else OTHER)(right, chance)
    assert quick > COUNT / 10, "most changes are such that everything was built: nothing was compared"
