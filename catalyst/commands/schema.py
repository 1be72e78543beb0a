"""`catalyst schema`: JSON Schema of flow files and of `catalyst.yaml`, for editors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from catalyst.commands.console import json_text, put, say
from catalyst.commands.problems import FINE
from catalyst.commands.targets import write_text
from catalyst.spec.fields import REFERENCE

Schema = dict[str, Any]


def schema(output: Path | None, *, project: bool) -> int:
    """Print the schema or write it into a file; gives the exit code."""
    from catalyst.spec.schema import project_json_schema  # noqa: PLC0415 - start-up time

    text = json_text(project_json_schema() if project else flow_schema())
    if output is None:
        put(text)
        return FINE
    write_text(output, text + "\n")
    kind = "catalyst.yaml" if project else "flow"
    say(f"{output}: schema of {kind} files. The first line of a file names it for editors:", "green")
    say(f"  # yaml-language-server: $schema={output.as_posix()}")
    return FINE


def flow_schema() -> Schema:
    """The schema of a flow file with the settings of all node types."""
    from catalyst.nodes.catalog import find_node_type, node_type_names  # noqa: PLC0415 - start-up time
    from catalyst.spec.schema import flow_json_schema  # noqa: PLC0415

    given: dict[str, Schema] = {}
    shared: Schema = {}
    for name in node_type_names():
        node_type = find_node_type(name)
        assert node_type is not None
        settings = node_type.params.model_json_schema()
        shared |= {f"{name}_{part}": _moved(inner, name) for part, inner in settings.pop("$defs", {}).items()}
        given[name] = _node_schema(_moved(settings, name), node_type.beside, node_type.whole_with)
        given[name]["description"] = node_type.summary
        if "with" in given[name]:
            given[name]["with"] = {"description": f"Settings of `{name}`: {node_type.summary}"} | given[name]["with"]
    complete = flow_json_schema(given)
    complete["definitions"] = dict(sorted({**complete["definitions"], **shared}.items()))
    return complete


def _node_schema(settings: Schema, beside: frozenset[str], whole_with: str | None) -> Schema:
    """What `flow_json_schema` takes: settings under `with` apart from those beside `type`."""
    properties: Schema = settings.get("properties", {})
    required = set(settings.get("required", ()))
    keys = {name: inner for name, inner in properties.items() if name in beside and name != whole_with}
    inside = {name: inner for name, inner in properties.items() if name not in beside}
    together = {key: settings[key] for key in ("oneOf", "allOf") if key in settings}
    result: Schema = {"keys": keys, "required": sorted(required & set(keys))}
    if whole_with is not None and whole_with in properties:
        result["with"] = properties[whole_with]
        return result
    if inside:
        needed = sorted(required & set(inside))
        result["with"] = {"type": "object", "properties": inside, "additionalProperties": False, "required": needed}
        result["with"] |= together
        if needed:
            result["required"] = sorted({*result["required"], "with"})
    else:
        result["together"] = together
    return result


def _moved(part: Any, node_type: str) -> Any:
    """A part of a settings schema with its references pointing to where the parts are in the whole; titles go."""
    if isinstance(part, list):
        return [_moved(item, node_type) for item in part]
    if not isinstance(part, dict):
        return part
    if REFERENCE in part:
        return {"$ref": f"#/definitions/{part[REFERENCE]}"} | {
            key: part[key] for key in ("description",) if key in part
        }
    moved: Schema = {}
    for key, value in part.items():
        if key == "$ref":
            moved[key] = f"#/definitions/{node_type}_{value.rpartition('/')[2]}"
        elif key == "properties":
            moved[key] = {name: _moved(inner, node_type) for name, inner in value.items()}
        elif (key == "default" and value is None) or (key == "title" and isinstance(value, str)):
            continue
        else:
            moved[key] = _moved(value, node_type)
    return moved
