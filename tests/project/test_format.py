"""Formatting piece by piece gives what black gives for the whole, and what it gave is clean."""

from __future__ import annotations

from pathlib import Path

import black
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalyst.diagnostics import CompilerBug
from catalyst.project.assets import templates_dir
from catalyst.project.format import LINE_LENGTH, format_module

MODE = black.Mode(line_length=LINE_LENGTH, target_versions={black.TargetVersion.PY311})

SOURCES = sorted((Path(__file__).parents[2] / "catalyst").glob("**/*.py"))

PIECES = [
    "import os",
    "from app.runtime.node import node, Retry",
    "from __future__ import annotations",
    "X = {'a': 1, 'b': [1,2,3]}",
    "type_adapter = TypeAdapter(list[ int ])",
    "'''Text of its own.'''",
    "# score, flow.yaml:3\n@node('score', timeout=10.0)\nasync def _score(ctx: C) -> Score:\n    return await f( ctx )",
    "def f(a,b = 1): return a",
    "@cache\n# why\ndef g():\n    '''Doc.'''\n\n    x = 1\n    # end",
    "class A(TypedDict):\n    a: int\n    b: Annotated[int, Field(default=20, le=50)]",
    "class B: pass",
    "class C:\n\n    def m(self): ...\n",
    "def stub(): ...",
    "@overload\ndef h(a: int) -> int: ...",
    "if TYPE_CHECKING:\n    import x",
    "if x:\n    def inner(): pass",
    "# a comment of its own",
    "# two\n# lines",
    "TEXT = '''\n# not a comment\n\n\n@nor this\ndef x(): pass\n'''",
    "TEXT = ('one '\n  'two')",
    "x = [\n  1,\n]",
    "app = create_app()",
    "for x in y: pass",
    "x = [0, 00, 1_000, 0XAB12, 0b01, 0o17, 1E5, 1.5J, a[1:20], b2**3, 'n1 \\x41 \\u00e9', f'{n1!r:>10}', (1).real]",
    "def n1(a2, b33 = 4):\n    'Number 5.'\n    return a2 + b33 * 66  # see 7",
    "def n2(a3, b44 = 5):\n    'Number 6.'\n    return a3 + b44 * 77  # see 8",
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_same_as_the_whole(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert format_module(source) == black.format_str(source, mode=MODE)


@settings(max_examples=150, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(PIECES), st.integers(0, 4)), max_size=6))
def test_any_order_of_statements(pieces: list[tuple[str, int]]) -> None:
    source = "".join(piece + "\n" * (blank + 1) for piece, blank in pieces)
    assert format_module(source) == black.format_str(source, mode=MODE)


def test_formatting_twice_changes_nothing() -> None:
    source = "import os\nx={'a':1}\n# node, flow.yaml:1\nasync def f( a ):\n  return a\ny=2\n"
    once = format_module(source)
    assert format_module(once) == once


@pytest.mark.parametrize("path", sorted((templates_dir() / "runtime").glob("*.py")), ids=lambda path: path.stem)
def test_the_runtime_is_laid_out_as_emitted_code_is(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert format_module(source) == source


@pytest.mark.parametrize("source", ["def f(:\n", "x = (\n", "\x00", "def f():\n  return 1\n return 2\n"])
def test_invalid_python_is_a_bug_of_ours(source: str) -> None:
    with pytest.raises(CompilerBug, match=r"app/main\.py"):
        format_module(source, "app/main.py")
