"""What is laid out without black is what black makes of it."""

from __future__ import annotations

import random
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from collections.abc import Mapping
from pathlib import Path

import black
import pytest

from benchmarks.make_flow import make_flow
from catalyst import assemble
from catalyst.api import compile_flow, compile_path
from catalyst.project import format as formatting
from catalyst.project.containers import open_long
from catalyst.project.format import LINE_LENGTH, format_module
from catalyst.project.shapes import Kind, kind_of, shapes

MODE = black.Mode(line_length=LINE_LENGTH, target_versions={black.TargetVersion.PY311})
GOLDEN = Path(__file__).parents[1] / "golden"

KNOWN = [
    ("total = (ctx.input['n'] + 7) % 5 + len(text)", Kind.PLAIN),
    ("a, _, b = await task", Kind.PLAIN),
    ("return await get(ctx, 'GET', params={'q': q, **more}, *rest)", Kind.PLAIN),
    ("x = [o for o in ctx.input['orders'] if o['lines'] > 6 and not (a or b)][-1]", Kind.PLAIN),
    ("x = a if b is not None else lambda a, b: a not in b", Kind.PLAIN),
    ("x: Annotated[int | None, Field(ge=-1.5)] = ('a',)", Kind.PLAIN),
    ("x = f'{name} and {other}'.join(y) + '\\n'", Kind.PLAIN),
    ("x = 'say \"please\"'", Kind.PLAIN),
    ("raise Stop(1) from error", Kind.PLAIN),
    ("# node, flow.yaml:3", Kind.COMMENT),
    ('"""What it does."""', Kind.DOCSTRING),
    ("@node('a', retry=Retry(max_attempts=3))", Kind.DECORATOR),
    ("from app.runtime.node import Retry, node as node_", Kind.IMPORT),
    ("async def run(ctx: Context, *, n: int = 3, **more: str) -> tuple[int, str]:", Kind.FUNCTION),
    ("class Order(TypedDict, total=False):", Kind.CLASS),
    ("async with a.b(c) as d, e():", Kind.OPENS),
    ("for a, b in enumerate(c):", Kind.OPENS),
    ("except (A, B) as error:", Kind.OPENS),
]
FOR_BLACK = [
    "x = (y)",
    "x = (await y)",
    "return (x)",
    "x  = y",
    "x=y",
    "f(x, )",
    "f(x,)",
    "f( x)",
    "f(a = 1)",
    "def f(a: int=1):",
    "x = y**2",
    "x = y[a + 1:]",
    "x = y[f(a):b]",
    "x = y[(1, 2)]",
    "for (a, b) in c:",
    "for a in (1, 2):",
    "with (a, b):",
    "class A():",
    "from a import (b, c)",
    "del (a, b)",
    "x = 0XFF",
    "x = 1_000",
    "x = 1.real",
    "x = 'a' 'b'",
    "x = '\\x41'",
    "x = U'a'",
    "x = a<b",
    "x = not(a)",
    "x = -(-a)",
    "x = 1  # why",
    "x = 1; y = 2",
    "if a: b",
    "match a:",
    "a, (b, c) = d",
    "#bad",
    "# bad ",
    "'text'",
    "...",
]  # fmt: skip


def laid_out(source: str) -> str:
    return black.format_str(source, mode=MODE)


def shape(line: str) -> str:
    return shapes(formatting._double_quoted(line))[0]


@pytest.mark.parametrize(("line", "kind"), KNOWN)
def test_ordinary_lines_are_known(line: str, kind: Kind) -> None:
    assert kind_of(shape(line)) is kind


@pytest.mark.parametrize("line", FOR_BLACK)
def test_what_black_may_change_is_left_to_it(line: str) -> None:
    assert kind_of(shape(line)) is None


def emitted(monkeypatch: pytest.MonkeyPatch, flow: Path) -> dict[str, str]:
    """The modules of a project as they are before they are laid out."""
    found: dict[str, str] = {}

    def keep(files: Mapping[str, str]) -> dict[str, str]:
        found.update(files)
        return formatting.format_files(found.items())

    monkeypatch.setattr(assemble, "format_files", keep)
    assert compile_path(flow).ok
    return found


@pytest.mark.parametrize("case", sorted(GOLDEN.glob("*/flow.*")), ids=lambda case: case.parent.name)
def test_emitted_modules_are_what_black_makes_of_them(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path, text in emitted(monkeypatch, case).items():
        if path.endswith(".py"):
            assert format_module(text) == laid_out(text), path


def test_a_large_flow_needs_no_black(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatting, "_format", lambda text: pytest.fail(f"black was asked about {text}"))
    result = compile_flow(make_flow(200))
    assert result.ok
    for path, text in result.files.items():
        if path.startswith("app/workflows/"):
            assert laid_out(text) == text, path


BITS = [
    " ", "(", ")", ",", "\n", "    ", "'", '"', "-", "not ", "await ", "*", "**", ":", "=", "[", "]", "# c\n",
    "lambda x: ", "in ", "; ", "...", "\\", "1.", "0x1F", "def f():\n", "class A:\n", "@a\n", "import x\n", "return ",
    "(x)", "(x, y)", "(x,)", "f(x,)", "x**2", "x[a:b]", ":=", "for x in (1, 2):\n", "\t", '"""d"""\n', '"a\\"b"',
    "\n\n", "'b\"'", '"a" "b"', "if x:\n", "else:\n", "with (a, b):\n", "except (A, B):\n", "from a import (b)\n",
    "é", "# type: x",
]  # fmt: skip


def spoiled(source: str, chance: random.Random) -> str:
    """A part of the module with a few slips in it."""
    lines = source.split("\n")
    tops = [number for number, line in enumerate(lines) if line and not line[0].isspace() and line[0] != ")"]
    start = chance.choice(tops)
    lines = lines[start : start + chance.choice((3, 12, 40))]
    for _ in range(chance.randint(1, 3)):
        number = chance.randrange(len(lines))
        line = lines[number]
        place = chance.randint(0, len(line))
        match chance.randrange(5):
            case 0:
                lines[number] = line[:place] + chance.choice(BITS) + line[place:]
            case 1:
                lines[number] = line[:place] + line[place + 1 :]
            case 2:
                lines.insert(number, "")
            case 3:
                indent = len(line) - len(line.lstrip())
                lines.insert(number, " " * indent + chance.choice(BITS).strip("\n"))
            case _:
                lines[number] = line.replace("ctx", "x" * chance.choice((20, 60, 100)))
    return "\n".join(lines) + "\n"


@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("seed", range(8))
def test_spoiled_modules_are_what_black_makes_of_them(seed: int) -> None:
    chance = random.Random(seed)
    sources = [path.read_text(encoding="utf-8") for path in sorted(GOLDEN.glob("*/expected/app/workflows/*.py"))]
    compared = 0
    while compared < 100:
        source = spoiled(chance.choice(sources), chance)
        try:
            compile(source, "<spoiled>", "exec", flags=PyCF_ALLOW_TOP_LEVEL_AWAIT)
            wanted = laid_out(source)
        except (SyntaxError, ValueError, black.InvalidInput):
            continue
        compared += 1
        assert format_module(source) == wanted, source


@pytest.mark.parametrize(
    "source",
    [
        "FLOW = Workflow(name='a', graph={'nodes': [" + ", ".join(["{'id': 'n', 'after': []}"] * 40) + "]})",
        "A = ('" + "', '".join("abcdefghij" * 2 for _ in range(9)) + "')",
        "A = (" + "'x', " * 60 + ")",
        "A: list[str] = ['" + "x" * 130 + "']",
        "A: list[str] = ['" + "x" * 80 + "', '" + "y" * 50 + "']",
        "A = {**other, 'a': [" + "1, " * 60 + "]}",
        "A = f('" + "x" * 50 + "', b='" + "y" * 50 + "')(" + "1, " * 40 + ")",
        "A = f('" + "x" * 50 + "', b='" + "y" * 55 + "', **rest)",
        "A = f('" + "x" * 50 + "', bcd='" + "y" * 50 + "', e=(HttpTrigger('" + "z" * 101 + "'),))",
        "A = " + "'x', " * 60,
        "def f():\n    return " + ", ".join(f"name_{number}" for number in range(20)),
        "A = {'" + "x" * 50 + "': '" + "y" * 50 + "', 'é': ['" + "z" * 90 + "', '']}",
        "A = f(lambda secrets: secrets.a, *args, " + "1, " * 50 + ")",
        "async def f():\n    return await g('" + "x" * 60 + "', '" + "y" * 45 + "')",
        "async def f():\n    A = await g('" + "x" * 60 + "', ['" + "y" * 150 + "'])",
        "async def f():\n    if x:\n        g('" + "x" * 60 + "', ['" + "y" * 40 + "', '" + "z" * 90 + "'])",
        "from a.b import " + ", ".join(f"name_{number}" for number in range(20)),
        "@node('" + "x" * 60 + "', ['" + "y" * 40 + "', '" + "z" * 90 + "'])\ndef f(): pass",
        "async def f(" + ", ".join(f"name_{number}: int" for number in range(20)) + ") -> None: pass",
        "if " + " and ".join(f"name_{number}" for number in range(20)) + ":\n    pass",
    ],
)
def test_long_lines_are_laid_out_as_black_does(source: str) -> None:
    assert format_module(source + "\n") == laid_out(source)


def test_random_containers_are_opened_as_black_does() -> None:
    chance = random.Random(11)
    opened = 0
    for _ in range(400):
        head = chance.choice(("a = ", "a: list[int] = ", "return ", "x = await ", "return await ", "", "await "))
        name = "" if head and "await" not in head and chance.random() < 0.3 else "f"
        line = "    " + head + random_value(chance, 3, name or chance.choice(("list", "dict", "tuple")))
        found = open_long(line, LINE_LENGTH) if len(line) > LINE_LENGTH else None
        if found is not None:
            opened += 1
            head_of_it = "async def f():\n"
            assert head_of_it + "\n".join(found) + "\n" == laid_out(head_of_it + line + "\n")
    assert opened > 100


def random_value(chance: random.Random, depth: int, kind: str = "") -> str:
    kind = kind or chance.choice(("f", "list", "dict", "tuple", "text", "name", "sum", "text") if depth else ("text",))
    several = [random_value(chance, depth - 1) for _ in range(chance.randint(1, 4))] if depth else []
    match kind:
        case "text":
            return '"' + "t" * chance.randint(0, 50) + '"'
        case "name":
            return "n" * chance.randint(1, 40)
        case "sum":
            return " + ".join("n" * chance.randint(1, 20) for _ in range(2))
        case "list":
            return f"[{', '.join(several)}]"
        case "dict":
            return "{" + ", ".join(f'"{number}": {value}' for number, value in enumerate(several)) + "}"
        case "tuple":
            return f"({', '.join(several)}{',' if len(several) == 1 else ''})"
        case _:
            function = chance.choice(("", "", "ctx.")) + "f" * chance.randint(1, 30)
            return f"{function}({', '.join(several)}, n={random_value(chance, depth - 1)})"
