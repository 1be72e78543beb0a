"""Which builds use what the last one left, and that it is a whole build, letter by letter."""

import shutil
from pathlib import Path

import pytest

from catalyst.api import compile_flow, compile_path
from catalyst.expressions.types import (
    ANY,
    FILE,
    INT,
    STR,
    FieldType,
    ListType,
    MapType,
    NullableType,
    ObjectType,
    SecretType,
    StrType,
    Type,
    UnionType,
)
from catalyst.rebuild.cut import changed, cut
from catalyst.rebuild.types_data import to_data, type_from_data
from tests.emitted import GOLDEN
from tests.rebuild.keeping import InMemory, is_kept, same

FLOW = """\
catalyst: 1
name: orders
description: What the last build left.
input: {text: string, limit: {type: integer, default: 5}, items: "integer[]"}
vars: {word: amber}
secrets: [KEY]
nodes:
  head: {type: template, with: {text: "one {{ input.text | upper }}"}}
  # the first one
  count:
    type: set
    with: {value: "{{ input.limit + 1 }}"}
  ask:
    type: http
    with:
      url: https://api.example.com/things
      params: {q: "{{ nodes.head.output }}"}
      response: text
    timeout: 4s
    on_error: {default: "none"}
  parts:
    type: switch
    cases:
      - when: "{{ nodes.count.output > 3 }}"
        do:
          high: {type: template, with: {text: "high {{ nodes.ask.output }}"}}
    default:
      low: {type: template, with: {text: "low"}}
  each:
    type: map
    over: "{{ input.items }}"
    as: item
    do:
      line: {type: template, with: {text: "{{ item * 2 }} {{ vars.word }}"}}
  talk:
    type: llm
    with: {provider: openai, model: gpt-5.4-mini, api_key: "{{ secrets.KEY }}", prompt: "Say {{ nodes.parts.output }}"}
  maybe:
    type: template
    if: "{{ input.limit > 7 }}"
    with: {text: "maybe {{ nodes.count.output }}"}
  last:
    type: template
    with:
      text: "{{ nodes.talk.output }} {{ nodes.each.output | join(', ') }} {{ nodes.maybe.output ?? 'none' }}"
output: {text: "{{ nodes.last.output }}", count: "{{ nodes.count.output }}"}
"""

QUICK = {
    "nothing": ("", ""),
    "a text": ('"one {{', '"another {{'),
    "a number": ("input.limit + 1", "input.limit * 27"),
    "a condition of a node": ("limit > 7", "limit < 70"),
    "a node with a condition": ('"maybe {{', '"perhaps {{'),
    "an address": ("com/things", "com/%7E/others?a=1"),
    "an address of the same kind": ("com/things", "com/others"),
    "a query": ("params: {q:", "params: {other:"),
    "a time-out": ("timeout: 4s", "timeout: 9s"),
    "what stands in for an answer": ('default: "none"', 'default: "nothing"'),
    "a text inside a switch": ('text: "low"', 'text: "lower than low"'),
    "a condition of a switch": ("output > 3", "output <= 30"),
    "a text for each item": ("item * 2", "item + 200"),
    "a prompt": ("Say {{", "Please say {{"),
    "a comment": ("  # the first one", "  # the first one, of many"),
    "a comment in a node": ("    type: switch", "    # either\n    type: switch"),
    "lines that move": ("    with: {value", "    # higher\n\n    with: {value"),
    "a long line": ('"one {{', f'"{"one " * 40}{{{{'),
    "quotes": ('text: "low"', "text: 'it''s \"low\"'"),
}
WHOLE = {
    "a constant": ("word: amber", "word: birch"),
    "an input": ("type: integer, default", "type: number, default"),
    "the description": ("What the last", "What some"),
    "a name": ("  count:\n", "  counted:\n"),
    "another reference": ('q: "{{ nodes.head.output', 'q: "{{ input.text'),
    "a type": ("input.limit + 1", "input.text | trim"),
    "a condition": ("    type: map\n", '    type: map\n    if: "{{ input.limit > 1 }}"\n'),
    "the output": ("count: ", "number: "),
}


@pytest.mark.parametrize("what", QUICK)
def test_a_small_change_uses_what_was_kept(what: str) -> None:
    kept = InMemory()
    first = compile_flow(FLOW, kept=kept)
    assert (first.ok, first.diagnostics, is_kept(first)) == (True, [], False)
    again = FLOW.replace(*QUICK[what])
    for text in (again, FLOW, again):  # and back, from what the build before has left
        result = compile_flow(text, kept=kept)
        assert is_kept(result)
        assert same(result, compile_flow(text))


@pytest.mark.parametrize("what", WHOLE)
def test_what_others_could_see_is_built_anew(what: str) -> None:
    kept = InMemory()
    compile_flow(FLOW, kept=kept)
    text = FLOW.replace(*WHOLE[what])
    assert text != FLOW
    result = compile_flow(text, kept=kept)
    assert not is_kept(result)
    assert same(result, compile_flow(text))


def test_several_nodes_at_once() -> None:
    kept = InMemory()
    compile_flow(FLOW, kept=kept)
    text = FLOW
    for what in ("a text", "a comment in a node", "a query", "a text for each item", "a prompt"):
        text = text.replace(*QUICK[what])
    result = compile_flow(text, kept=kept)
    assert is_kept(result)
    assert same(result, compile_flow(text))


def test_mistakes_are_told_and_taken_back() -> None:
    kept = InMemory()
    compile_flow(FLOW, kept=kept)
    wrong = FLOW.replace("input.text | upper", "input.txt | upper")
    for _ in range(2):
        result = compile_flow(wrong, kept=kept)
        assert [each.code for each in result.diagnostics] == ["E202"]
        assert not result.files
    assert is_kept(compile_flow(FLOW, kept=kept))


def test_warnings_are_told_again() -> None:
    flow = FLOW.replace(
        '{type: template, with: {text: "low"}}', '{type: template, with: {text: "{{ 1 | default(2) }}"}}'
    )
    kept = InMemory()
    first, second = compile_flow(flow, kept=kept), compile_flow(flow, kept=kept)
    assert first.diagnostics
    assert same(first, second)


SWALLOWING = {
    "a quote that is not closed": '"low',
    "a brace that is not closed": "{a: low",
    "a text that goes on": "low\n  each: low",
    "a text of its own": "|\n        low",
    "another document": "low\n---\n",
    "a key more": "low\nvars: {word: birch}",
}


@pytest.mark.parametrize("what", SWALLOWING)
def test_a_node_that_reaches_beyond_its_lines(what: str) -> None:
    flow = FLOW.replace(
        '      low: {type: template, with: {text: "low"}}',
        "      low:\n        type: set\n        with:\n          value: low",
    )
    kept = InMemory()
    assert compile_flow(flow, kept=kept).ok
    text = flow.replace("value: low", f"value: {SWALLOWING[what]}")
    assert same(compile_flow(text, kept=kept), compile_flow(text))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with three flows, one of which calls another, and a `lib`."""
    folder = tmp_path / "people"
    shutil.copytree(GOLDEN / "project", folder, ignore=shutil.ignore_patterns("expected"))
    (folder / "lib").mkdir()
    (folder / "lib" / "names.py").write_text("def short(name: str) -> str:\n    return name[:3]\n")
    (folder / "flows" / "short.yaml").write_text(
        "catalyst: 1\nname: short\ninput: {name: string}\nnodes:\n"
        '  shorter: {type: python, with: {function: "lib.names:short", args: {name: "{{ input.name }}"}}}\n'
        '  shown: {type: template, with: {text: "so {{ nodes.shorter.output }}"}}\n'
        'output: {text: "{{ nodes.shown.output }}"}\n'
    )
    return folder


def edit(path: Path, old: str, new: str) -> None:
    """Write a file with other words."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_project_of_several_flows(project: Path) -> None:
    kept = InMemory()
    first = compile_path(project, kept=kept)
    assert (first.ok, first.diagnostics) == (True, [])
    assert is_kept(compile_path(project, kept=kept))
    edit(project / "flows" / "greet.yaml", "}} {{ input.name }}.", "}}, {{ input.name }}!")
    edit(project / "flows" / "short.yaml", "so {{", "and so {{")
    result = compile_path(project, kept=kept)
    assert is_kept(result)
    assert same(result, compile_path(project))


CHANGES = {
    "the shared constants": ("catalyst.yaml", "Hello", "Good day"),
    "the shared types": ("catalyst.yaml", "id: integer", "id: integer?"),
    "the user's Python": ("lib/names.py", "[:3]", "[:4]"),
    "its types": ("lib/names.py", "-> str:\n    return name[:3]", "-> int:\n    return len(name)"),
    "what another flow gives": ("flows/greet.yaml", "output: {text:", "output: {words:"),
    "a flow's input": (
        "flows/greet.yaml",
        "input: {name: string}",
        "input: {name: string, more: {type: string, default: a}}",
    ),
    "a flow's name": ("flows/store.yaml", "name: store", "name: stored"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_flows_share_is_built_anew(what: str, project: Path) -> None:
    kept = InMemory()
    assert compile_path(project, kept=kept).ok
    file, old, new = CHANGES[what]
    edit(project / file, old, new)
    result = compile_path(project, kept=kept)
    assert not is_kept(result)
    assert same(result, compile_path(project))


def test_flows_that_come_and_go(project: Path) -> None:
    kept = InMemory()
    compile_path(project, kept=kept)
    shutil.copy(project / "flows" / "greet.yaml", project / "flows" / "other.yaml")
    edit(project / "flows" / "other.yaml", "name: greet", "name: other")
    assert same(compile_path(project, kept=kept), compile_path(project))
    for name in ("other.yaml", "greet_all.yaml", "short.yaml"):
        (project / "flows" / name).unlink()
        result = compile_path(project, kept=kept)
        assert not is_kept(result)
        assert same(result, compile_path(project))


def test_code_is_refused_although_it_was_built_before(project: Path) -> None:
    kept = InMemory()
    compile_path(project, kept=kept)
    assert not compile_path(project, kept=kept, no_code=True).ok


def test_data_of_another_form_is_nothing() -> None:
    right = InMemory()
    compile_flow(FLOW, kept=right)
    assert right.text is not None
    for text in ("", "{}", "[]", "null", '{"form": 1}', right.text[:-1], right.text.replace('"form": 1', '"form": 0')):
        result = compile_flow(FLOW, kept=InMemory(text))
        assert not is_kept(result)
        assert result.ok


TYPES: tuple[Type, ...] = (
    ANY,
    INT,
    FILE,
    StrType(("a", "b")),
    ListType(INT, (("ge", 1), ("choices", (1, 2.5)))),
    MapType(NullableType(STR)),
    SecretType(STR),
    UnionType((INT, STR)),
    ObjectType((("a", FieldType(STR, False, (("max_length", 3),), '"x"', "words")),), "Named", True),
)


@pytest.mark.parametrize("type_", TYPES, ids=repr)
def test_types_come_back_as_they_were(type_: Type) -> None:
    assert repr(type_from_data(to_data(type_))) == repr(type_)


@pytest.mark.parametrize(
    "data", [None, 1, [], {}, {"is": "Fact"}, {"is": "IntType", "more": 1}, {"is": "FieldType", "type": 1}]
)
def test_other_data_is_no_type(data: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        type_from_data(data)


UNUSUAL = (
    "nodes: {a: {type: set}}\n",
    "nodes:\n  'a': {type: set}\n",
    "nodes:\n  ? a\n  : {type: set}\n",
    "nodes:\n\ta: {type: set}\n",
    "nodes:\r\n  a: {type: set}\r\n",
    "nodes:\n  a: {type: set}\n  a: {type: set}\n",
    "nodes:\n  a: {type: set}\nnodes:\n  b: {type: set}\n",
    "nodes:\n    a: {type: set}\n  b: {type: set}\n",
    "nodes:\n  a: {type: set}\n---\n",
    "nodes:\n",
    "",
)


@pytest.mark.parametrize("source", UNUSUAL)
def test_files_that_are_written_in_another_way_are_not_cut(source: str) -> None:
    assert cut(source) is None


def test_a_file_in_its_parts() -> None:
    old = cut(FLOW)
    assert old is not None
    assert old.names == ("head", "count", "ask", "parts", "each", "talk", "maybe", "last")
    assert old.node(1) == ("  count:", "    type: set", '    with: {value: "{{ input.limit + 1 }}"}')
    new = cut(FLOW.replace("limit + 1", "limit + 2").replace("vars.word", "input.text"))
    assert new is not None
    assert changed(old, new) == [1, 4]
    other = cut(FLOW.replace("amber", "birch"))
    assert other is not None
    assert changed(old, other) is None
