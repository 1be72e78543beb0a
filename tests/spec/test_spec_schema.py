"""The JSON Schema for editors, and the pages that explain the errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import catalyst
from catalyst.spec.load import load_value
from catalyst.spec.model import COMMON_KEYS
from catalyst.spec.schema import flow_json_schema, project_json_schema

PACKAGE = Path(catalyst.__file__).parent
NODES = {
    "set": {
        "description": "Make a value.",
        "with": {"type": "object", "properties": {"value": {}}},
        "required": ["with"],
    },
    "map": {"keys": {"over": {"type": "string"}, "do": {"$ref": "#/definitions/Nodes"}}},
}


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from parts(value)
    if isinstance(schema, list):
        for value in schema:
            yield from parts(value)


@pytest.mark.parametrize("schema", [flow_json_schema(NODES), project_json_schema(), flow_json_schema({})])
def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    json.dumps(schema)
    for part in parts(schema):
        assert "x-model" not in part
        if "$ref" in part and isinstance(part["$ref"], str):
            assert part["$ref"].removeprefix("#/definitions/") in schema["definitions"], part


def test_each_node_type_has_its_own_keys() -> None:
    definitions = flow_json_schema(NODES)["definitions"]
    node = definitions["Node"]
    assert [choice["const"] for choice in node["properties"]["type"]["anyOf"]] == ["map", "set"]
    assert [branch["if"]["properties"]["type"]["const"] for branch in node["allOf"]] == ["map", "set"]
    assert definitions["node_set"]["required"] == ["with"]
    assert set(definitions["node_map"]["properties"]) == {*COMMON_KEYS, "over", "do"} - {"with"}
    assert definitions["node_map"]["additionalProperties"] is False


def test_what_an_author_can_write_is_described() -> None:
    schema = flow_json_schema(NODES)
    for name in ("NodeSpec", "Node", "HttpTrigger", "ScheduleTrigger", "Retry", "Cache", "FieldSpec", "InputField"):
        properties = schema["definitions"].get(name, {}).get("properties", {})
        for key, value in properties.items():
            assert value.get("description") or "$ref" in value, (name, key)
    assert not {"id", "span", "extra"} & set(schema["definitions"]["Node"]["properties"])


def test_the_schema_does_not_depend_on_order() -> None:
    assert json.dumps(flow_json_schema(NODES)) == json.dumps(flow_json_schema(dict(reversed(NODES.items()))))


def codes() -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in (PACKAGE / "spec").glob("*.py")]
    return {code for text in texts for code in re.findall(r'"([EW]\d{3})"', text)}


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_code_is_explained(code: str) -> None:
    page = (PACKAGE / "explanations" / f"{code}.md").read_text(encoding="utf-8")
    assert page.startswith("# ")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 2
    assert load_value(blocks[1], "right.yaml")[1] == []
