"""`catalyst schema`: what a good flow is passes, what is misspelt does not."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from catalyst.commands.schema import flow_schema
from catalyst.nodes.catalog import find_node_type, node_type_names
from catalyst.spec.load import load_tree
from catalyst.spec.schema import project_json_schema

from .conftest import ROOT, Catalyst

FLOWS = Draft7Validator(flow_schema())
PROJECTS = Draft7Validator(project_json_schema())


def plain(source: str) -> Any:
    tree, found = load_tree(source, "flow.yaml")
    assert not found
    return json.loads(json.dumps(tree))


def node_examples() -> Iterator[tuple[str, str]]:
    for name in node_type_names():
        node_type = find_node_type(name)
        assert node_type is not None
        yield name, node_type.example
        for path, text in node_type.example_files.items():
            if path.endswith(".yaml"):
                yield f"{name} {path}", text


def flow_files() -> Iterator[Path]:
    """Flows of the examples, as their authors wrote them."""
    for folder in ("examples", "templates/starters"):
        for path in sorted((ROOT / folder).rglob("*.yaml")):
            own = path.name in ("flow.yaml", "catalyst.yaml") or path.parent.name == "flows"
            if own and "expected" not in path.parts:
                yield path


def test_the_schemas_are_schemas() -> None:
    Draft7Validator.check_schema(FLOWS.schema)
    Draft7Validator.check_schema(PROJECTS.schema)


@pytest.mark.parametrize(("name", "source"), list(node_examples()))
def test_examples_of_node_types_are_valid(name: str, source: str) -> None:
    assert [error.message for error in FLOWS.iter_errors(plain(source))] == []


@pytest.mark.parametrize("path", list(flow_files()), ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_are_valid(path: Path) -> None:
    validator = PROJECTS if path.name == "catalyst.yaml" else FLOWS
    assert [error.message for error in validator.iter_errors(plain(path.read_text(encoding="utf-8")))] == []


def misspellings(value: Any, flow: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The flow with one key of a node misspelt, for each key of its nodes."""
    for id_, node in value.items():
        for key in node:
            changed = copy.deepcopy(flow)
            place = changed["nodes"][id_]
            place[f"{key}x"] = place.pop(key)
            yield f"{id_}.{key}", changed


@pytest.mark.parametrize(("name", "source"), list(node_examples()))
def test_misspelt_keys_of_nodes_are_found(name: str, source: str) -> None:
    flow = plain(source)
    for what, changed in misspellings(flow["nodes"], flow):
        assert not FLOWS.is_valid(changed), what


def greet(**node: Any) -> dict[str, Any]:
    return {"catalyst": 1, "name": "x", "nodes": {"a": node}}


@pytest.mark.parametrize(
    "flow",
    [
        greet(type="htp", with_={}),
        greet(type="http"),
        greet(type="http", **{"with": {"url": "https://a.example", "methd": "GET"}}),
        greet(type="http", **{"with": {"url": "https://a.example", "method": "FETCH"}}),
        greet(type="http", **{"with": {"url": "https://a.example", "auth": {"bearr": "x"}}}),
        greet(type="map", over="{{ input.a }}", do={"b": {"type": "set", "with": {"valu": 1}}}),
        greet(type="switch", cases=[{"when": True, "doo": {}}]),
        greet(type="set", **{"with": {"value": 1}, "retries": 3}),
        {**greet(type="set", **{"with": {"value": 1}}), "nodez": {}},
    ],
)
def test_what_an_editor_has_to_underline(flow: dict[str, Any]) -> None:
    assert not FLOWS.is_valid(flow)


def test_the_command(catalyst: Catalyst, tmp_path: Path) -> None:
    assert catalyst("schema").data == FLOWS.schema
    done = catalyst("schema", "--project", "-o", "project.json")
    assert (done.code, done.out) == (0, "")
    assert "# yaml-language-server: $schema=project.json" in done.err
    assert json.loads((tmp_path / "project.json").read_text()) == PROJECTS.schema
    assert catalyst("schema", "-o", "no/such/folder.json").code == 2
