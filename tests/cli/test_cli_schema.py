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
    """Flows of the examples and of the golden cases, as their authors wrote them."""
    for folder in ("examples", "templates/starters", "tests/golden"):
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


NODES = {
    "{type: htttp, with: {url: 'https://a.example'}}": "type",
    "{type: set, with: {}}": "with",
    "{type: http, with: {url: 3}}": "with/url",
    "{type: http, with: {url: 'https://a.example', prompt: x}}": "with",
    "{type: http, with: {url: 'https://a.example', json: {}, form: {}}}": "with",
    "{type: http, with: {url: 'https://a.example', auth: {bearer: x, basic: {user: a, password: b}}}}": "with/auth",
    "{type: http, retry: {backoff: quadratic}, with: {url: 'https://a.example'}}": "retry/backoff",
    "{type: http, retry: {attempts: 3}, with: {url: 'https://a.example'}}": "retry",
    "{type: http, on_error: {deflt: 1}, with: {url: 'https://a.example'}}": "on_error",
    "{type: http, cache: {ttl: forever}, with: {url: 'https://a.example'}}": "cache/ttl",
    "{type: llm, with: {provider: opneai, model: m, prompt: x}}": "with/provider",
    "{type: llm, with: {provider: openai, model: m, prompt: x, temperature: warm}}": "with/temperature",
    "{type: llm, with: {provider: openai, model: m}}": "with",
    "{type: llm, with: {provider: openai, model: m, prompt: x, messages: []}}": "with",
    "{type: llm, with: {provider: openai, model: m, messages: [{role: robot, content: x}]}}": "with/messages/0/role",
    "{type: llm, with: {provider: openai, model: m, prompt: x}, fallback: [{provder: openai, model: m}]}": "fallback/0",
    "{type: set, timeout: 10 seconds, with: {value: 1}}": "timeout",
    "{type: wait, with: {for: a while}}": "with/for",
    "{type: wait, with: {for: 2s, until: '2030-01-01T00:00:00Z'}}": "with",
    "{type: wait, with: {}}": "with",
    "{type: python, with: {function: score}}": "with/function",
    "{type: respond, with: {status: 99999}}": "with/status",
    "{type: map, over: '{{ [1] }}', do: {}}": "do",
    "{type: map, over: '{{ [1] }}', do: {my-id: {type: set, with: {value: 1}}}}": "do",
    "{type: map, over: '{{ [1] }}', do: {c: {type: http, with: {ulr: x}}}}": "do/c/with",
    "{type: loop, max_iterations: 2, while: true, until: true, do: {b: {type: set, with: {value: 1}}}}": "",
    "{type: loop, while: true, do: {b: {type: set, with: {value: 1}}}}": "",
    "{type: parallel, mode: any, branches: {x: {b: {type: set, with: {value: 1}}}}}": "mode",
}
"""A wrong node -> the place in it that an editor has to underline."""

TOPS = {
    "triggers: [{http: {method: FETCH}}]": "triggers/0/http/method",
    "triggers: [{http: {}, schedule: {cron: '* * * * *'}}]": "triggers/0",
    "triggers: [{schedule: {cron: every day}}]": "triggers/0/schedule/cron",
    "input: {a: {type: string, from: cookie}}": "input/a/from",
    "input: {a: {type: integer, min: low}}": "input/a/min",
    "input: {a: {type: integer, required: maybe}}": "input/a/required",
    "input: {my-field: string}": "input",
    "types: {Kind: {enum: red}}": "types/Kind/enum",
    "types: {Kind: {enum: []}}": "types/Kind/enum",
    "env: {my var: x}": "env",
    "secrets: [my-key]": "secrets/0",
    "settings: {max_body: huge}": "settings/max_body",
    "settings: {timout: 3s}": "settings",
}


def places(source: str) -> set[str]:
    """Where the schema finds a flow wrong, also inside alternatives."""
    found, waiting = set(), list(FLOWS.iter_errors(plain(source)))
    while waiting:
        error = waiting.pop()
        found.add("/".join(map(str, error.absolute_path)))
        waiting += error.context or []
    return found


@pytest.mark.parametrize("node", NODES)
def test_a_wrong_node_is_underlined_where_it_is_wrong(node: str) -> None:
    assert "/".join(filter(None, ("nodes/a", NODES[node]))) in places(f"catalyst: 1\nnodes:\n  a: {node}\n")


@pytest.mark.parametrize("top", TOPS)
def test_a_wrong_key_of_the_flow_is_underlined_where_it_is_wrong(top: str) -> None:
    assert TOPS[top] in places(f"catalyst: 1\n{top}\nnodes: {{a: {{type: set, with: {{value: 1}}}}}}\n")


@pytest.mark.parametrize(
    "field",
    [
        "string",
        "{type: string, name: string}",
        "{type: Kind, count: integer, more: {deep: number}}",
        "{type: string, description: whom, pattern: '^a'}",
        "{default: 3}",
        "{min: number, max: number}",
        "{properties: {a: string}}",
    ],
)
def test_both_forms_of_a_field_are_valid(field: str) -> None:
    flow = f"catalyst: 1\ninput: {{a: {field}}}\nnodes: {{a: {{type: set, with: {{value: 1}}}}}}\n"
    assert places(flow) == set()


def test_every_setting_has_a_description_and_defaults_are_as_one_writes_them() -> None:
    retry = FLOWS.schema["definitions"]["Retry"]["properties"]
    assert (retry["delay"]["default"], retry["max_delay"]["default"]) == ("200ms", "5s")
    for name, definition in FLOWS.schema["definitions"].items():
        properties = definition.get("properties", {})
        settings = properties["with"].get("properties", {}) if isinstance(properties.get("with"), dict) else {}
        for key, schema in {**properties, **settings}.items():
            if schema is not True and key != "type":
                assert schema.get("description"), f"{name}.{key}"


def test_the_command(catalyst: Catalyst, tmp_path: Path) -> None:
    assert catalyst("schema").data == FLOWS.schema
    done = catalyst("schema", "--project", "-o", "project.json")
    assert (done.code, done.out) == (0, "")
    assert "# yaml-language-server: $schema=project.json" in done.err
    assert json.loads((tmp_path / "project.json").read_text()) == PROJECTS.schema
    assert catalyst("schema", "-o", "no/such/folder.json").code == 2
