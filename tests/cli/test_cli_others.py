"""`catalyst explain`, `nodes`, `convert`, `graph` and `test`."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from catalyst.api import compile_flow
from catalyst.commands.explain import all_pages, title_of
from catalyst.commands.graph import draw
from catalyst.commands.nodes import node_facts
from catalyst.graph.layout import PlacedBox, PlacedGroup, Rect, place
from catalyst.graph.picture import Group, edges_of, picture_of
from catalyst.nodes.catalog import find_node_type, node_type_names

from .conftest import GREET, ROOT, Catalyst, environment, executable, without

BRANCHES = """\
catalyst: 1
name: branches
input: {names: "array<string>", go: boolean}
nodes:
  first: {type: wait, with: {for: 1ms}}
  second: {type: wait, with: {for: 1ms}}
  each:
    type: map
    over: "{{ input.names }}"
    do: {greeting: {type: set, with: {value: "Hi <{{ item }}> & co"}}}
  choice:
    type: switch
    needs: [first, second]
    if: "{{ input.go and 'a' < 'b' }}"
    cases:
      - when: "{{ nodes.each.output | length > 1 }}"
        do: {many: {type: set, with: {value: 2}}}
    default: {one: {type: set, with: {value: 1}}}
output: {count: "{{ nodes.choice.output ?? 0 }}", all: "{{ nodes.each.output }}"}
"""


def picture() -> Group:
    result = compile_flow(BRANCHES)
    assert result.ok, result.diagnostics
    return picture_of(result.workflows[0])


def test_edges_carry_data_or_only_order() -> None:
    kinds = {(edge.source, edge.target): (edge.kind, edge.label) for edge in edges_of(picture())}
    label = "if input.go and 'a' < 'b'"
    assert kinds == {
        ("first", "choice"): ("order", label),
        ("second", "choice"): ("order", label),
        ("each", "choice"): ("data", label),
    }


def test_the_dump() -> None:
    text = draw(compile_flow(BRANCHES).workflows[0], "text")
    assert text == """\
workflow branches(names: array<string>, go: boolean) -> {count: integer, all: array<string>}
  each: map -> array<string>
    for each item of input.names
      greeting: set -> string
  together
    first: wait -> none
    second: wait -> none
  choice: switch -> integer  after first, second, each  if input.go and 'a' < 'b'  may be skipped
    when nodes.each.output | length > 1
      many: set -> integer
    otherwise
      one: set -> integer
  output count: integer
  output all: array<string>
"""


def test_mermaid_escapes_what_the_author_wrote() -> None:
    text = draw(compile_flow(BRANCHES).workflows[0], "mermaid")
    assert text.startswith("flowchart TD\n")
    assert "if input.go and 'a' #lt; 'b'" in text
    assert text.count("subgraph ") == text.count("    end\n") == 5
    assert re.search(r"n\d+ -\.->\|", text)


def inside(inner: Rect, outer: Rect) -> bool:
    return (
        inner.x >= outer.x
        and inner.y >= outer.y
        and inner.x + inner.width <= outer.x + outer.width
        and inner.y + inner.height <= outer.y + outer.height
    )


def apart(one: Rect, other: Rect) -> bool:
    across = one.x + one.width <= other.x or other.x + other.width <= one.x
    return across or one.y + one.height <= other.y or other.y + other.height <= one.y


def check_group(group: PlacedGroup) -> None:
    for number, box in enumerate(group.boxes):
        assert inside(box.rect, group.rect)
        assert all(apart(box.rect, other.rect) for other in group.boxes[:number])
        check_box(box)


def check_box(box: PlacedBox) -> None:
    for number, group in enumerate(box.groups):
        assert inside(group.rect, box.rect)
        assert all(apart(group.rect, other.rect) for other in box.groups[:number])
        check_group(group)


def test_nothing_in_the_picture_overlaps() -> None:
    check_group(place(picture()))


@pytest.mark.parametrize("form", ["svg", "mermaid", "text", "json"])
def test_every_example_can_be_drawn(form: str) -> None:
    for path in sorted((ROOT / "examples").glob("*/flow.yaml")):
        result = compile_flow(path.read_text(encoding="utf-8"))
        for workflow in result.workflows:
            text = draw(workflow, form)  # type: ignore[arg-type]
            if form == "svg":
                ElementTree.fromstring(text)
            if form == "json":
                json.loads(text)


def test_graph_into_a_file(catalyst: Catalyst, greet: Path, tmp_path: Path) -> None:
    assert catalyst("graph", "greet.yaml", "--format", "svg", "-o", "greet.svg").code == 0
    assert (tmp_path / "greet.svg").read_text().startswith("<svg ")
    assert catalyst("graph", "greet.yaml").out.startswith("flowchart TD\n")


def test_explain(catalyst: Catalyst) -> None:
    done = catalyst("explain", "e202")
    assert done.code == 0
    assert done.out.startswith("E202: ")
    listed = catalyst("explain").out.splitlines()
    assert len(listed) == len(all_pages())
    unknown = catalyst("explain", "E2020")
    assert unknown.code == 2
    assert "did you mean `E202`?" in unknown.err or "did you mean `E20" in unknown.err
    assert catalyst("explain", "W401", "--format", "json").data["code"] == "W401"


def test_every_page_has_a_title() -> None:
    for code, page in all_pages().items():
        assert page.startswith("# "), code
        assert title_of(page), code


def test_nodes(catalyst: Catalyst) -> None:
    listed = catalyst("nodes").out.splitlines()
    assert [line.split()[0] for line in listed] == list(node_type_names())
    assert "did you mean `http`?" in catalyst("nodes", "htpp").err
    page = catalyst("nodes", "http").out
    assert "  url (string, required)\n" in page
    assert catalyst("nodes", "--format", "json").data["nodes"][0]["name"] == node_type_names()[0]


@pytest.mark.parametrize("name", node_type_names())
def test_every_setting_of_every_node_is_described(name: str) -> None:
    node_type = find_node_type(name)
    assert node_type is not None
    facts = node_facts(node_type)
    assert facts["summary"]
    for setting in facts["settings"]:
        assert setting["description"], (name, setting["name"])
        assert "$" not in setting["type"]


def test_convert_there_and_back(catalyst: Catalyst, greet: Path, tmp_path: Path) -> None:
    assert catalyst("convert", "greet.yaml", "-o", "greet.json").code == 0
    assert catalyst("check", "greet.json").code == 0
    back = catalyst("convert", "greet.json")
    assert back.out == GREET
    assert catalyst("convert", "greet.yaml", "-o", "greet.json").code == 2
    assert catalyst("convert", "greet.yaml", "-o", "greet.json", "--force").code == 0
    assert catalyst("convert", "greet.yaml", "--to", "yaml").code == 2
    (tmp_path / "bad.json").write_text("{")
    bad = catalyst("convert", "bad.json", "--format", "json")
    assert (bad.code, bad.data["ok"]) == (1, False)


def test_convert_a_project(catalyst: Catalyst, tmp_path: Path) -> None:
    catalyst("new", "shop", "--starter", "multi-flow")
    assert catalyst("convert", "shop", "-o", "shop.json").code == 0
    several = catalyst("convert", "shop.json")
    assert several.code == 2
    assert "name a folder" in several.err
    assert catalyst("convert", "shop.json", "-o", "back").code == 0
    assert (tmp_path / "back" / "flows" / "quote.yaml").read_text() == (tmp_path / "shop/flows/quote.yaml").read_text()


def test_the_tests_of_a_built_project(catalyst: Catalyst, greet: Path, tmp_path: Path) -> None:
    catalyst("build", "greet.yaml")
    assert catalyst("test", "greet").code == 0
    (tmp_path / "greet" / "tests" / "test_mine.py").write_text("def test_fails():\n    assert False\n")
    assert catalyst("test", "greet", "-q", "-k", "fails").code == 1
    assert catalyst("test", "greet.yaml").code == 2
    bare = catalyst("test", "greet", PYTHONPATH=without("pytest", tmp_path))
    assert bare.code == 2
    assert "pip install -e 'greet[dev]'" in bare.err


def test_a_wrong_choice_is_said_in_plain_words(catalyst: Catalyst) -> None:
    done = catalyst("nodes", "--format", "xml")
    assert done.code == 2
    assert "'xml' is not one of 'text', 'json'" in done.err
    assert "Value error" not in done.err


def test_results_stay_json_where_the_terminal_is_not_utf_8(catalyst: Catalyst, greet: Path) -> None:
    done = catalyst("run", greet, "-i", '{"name": "Zo\u00eb \U0001f389"}', PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.code == 0
    assert done.data == {"text": "Hello Zoë \U0001f389"}


@pytest.mark.skipif(os.name == "nt", reason="descriptors of a child")
def test_a_closed_standard_error_changes_nothing(greet: Path) -> None:
    command = shlex.join([*executable(), "check", str(greet)])
    done = subprocess.run(["/bin/sh", "-c", f"{command} 2>&-"], env=environment(), capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"")
