"""The names of a `python` node's arguments stand in the code, so they can be names and nothing else."""

import pytest

from catalyst.api import compile_flow

FLOW = """\
catalyst: 1
name: named
input: {words: object}
nodes:
  call: {type: python, with: {function: "lib.kw:f", args: ARGS}}
output: {x: "{{ nodes.call.output }}"}
"""
LIBRARY = {"lib/kw.py": "def f(**kw: object) -> str:\n    return str(kw)\n"}


@pytest.mark.parametrize("args", ['{"a=print(1), b": 2}', '{"": 1}', '{"#": 1}', "{class: 1}", '"{{ input.words }}"'])
@pytest.mark.parametrize("read", [LIBRARY.get, None])
def test_what_is_no_name_is_refused(args: str, read: object) -> None:
    result = compile_flow(FLOW.replace("ARGS", args), read=read)  # type: ignore[arg-type]
    assert not result.ok
    assert [(item.code, item.span.line) for item in result.diagnostics] == [("E144", 5)]
    assert "argument" in result.diagnostics[0].message or "args" in result.diagnostics[0].message


def test_names_are_passed_on() -> None:
    result = compile_flow(FLOW.replace("ARGS", "{a_b: 1}"), read=LIBRARY.get)
    assert result.ok
    assert "f, a_b=1)" in result.files["app/workflows/named.py"]


def test_what_is_passed_on_fits() -> None:
    """Every argument of another name is held to what `**kw` takes."""
    library = {"lib/kw.py": "def f(**kw: int) -> str:\n    return ''\n"}
    result = compile_flow(FLOW.replace("ARGS", "{a: 1, b: x}"), read=library.get)
    assert [item.code for item in result.diagnostics if item.severity == "error"] == ["E206"]


ANNOTATED = """\
catalyst: 1
name: annotated
input: {words: "array<string>", open: object}
types: {Row: {kind: {type: string, enum: [a, b]}, n: integer}}
nodes:
  call: {type: python, with: {function: "lib.kw:f", args: {x: VALUE}}}
output: {x: "{{ nodes.call.output }}"}
"""
HEAD = """\
import enum
from typing import Annotated, Literal, NamedTuple, NotRequired, TypedDict, TypeVar

import pandas as pd

from lib.other import Colour, f as imported

Words = list[str]
Kind = Literal["a", "b"]
T = TypeVar("T")

class Row(TypedDict):
    kind: Kind
    n: NotRequired[Annotated[int, "how many"]]

class Counted(enum.Enum):
    one = 1
    two = enum.auto()

"""
OTHER = """\
from enum import StrEnum
class Colour(StrEnum):
    red = 'red'
    blue = 'blue'
def f(x: int) -> int:
    return x
"""


@pytest.mark.parametrize(
    ("annotation", "value", "wrong"),
    [
        ("Words", "'{{ input.words }}'", ""),
        ("Words", "[1, 2]", "an item of it is string, this gives integer"),
        ("'Words'", "7", "is array<string>, this gives integer"),
        ("Kind", "b", ""),
        ("Kind", "c", "is one of 'a', 'b', this gives string"),
        ("Row", "{kind: a}", ""),
        ("Row", "{kind: c}", "`kind` in it is one of 'a', 'b', this gives string"),
        ("list[Row]", "[{kind: a, n: 1.5}]", "`[].n` in it is integer, this gives number"),
        ("Row", "{kind: a, m: 1}", "it has no field `m`"),
        ("Row", "{n: 1}", "it needs the field `kind`"),
        ("Colour", "red", ""),
        ("Colour", "green", "is one of 'red', 'blue'"),
        ("T", "7", ""),
        ("pd.DataFrame", "7", "`pd.DataFrame` is a class that is not JSON data"),
        ("list[pd.DataFrame]", "[]", "`pd.DataFrame` is a class that is not JSON data"),
        ("Counted", "1", "the values of the enum `Counted` are not written down"),
    ],
)
def test_annotations_are_followed(annotation: str, value: str, wrong: str) -> None:
    library = {"lib/kw.py": f"{HEAD}def f(x: {annotation}) -> None: ...\n", "lib/other.py": OTHER}
    result = compile_flow(ANNOTATED.replace("VALUE", value), read=library.get)
    messages = [item.message for item in result.diagnostics if item.severity == "error"]
    assert bool(messages) == bool(wrong), messages
    assert all(wrong in message and "`f`" in message.replace("lib.kw:", "") for message in messages)


def test_functions_that_cannot_be_called_so_are_told() -> None:
    library = {"lib/kw.py": f"{HEAD}def g():\n    yield 1\n", "lib/other.py": OTHER}
    for name, wrong in (("imported", "write `lib.other:f`"), ("g", "return a list of them"), ("h", "no function `h`")):
        result = compile_flow(ANNOTATED.replace("VALUE", "7").replace(":f", f":{name}"), read=library.get)
        assert [item.code for item in result.diagnostics] == ["E430"]
        assert wrong in result.diagnostics[0].message
