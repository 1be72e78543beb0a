"""JSON Schema of a flow file, for editors that complete and check while one types.

The shape of the file comes from the models; what each node type takes is given by the caller, since this package knows
no node types. The discriminator is `type`: for each known type one `if`/`then` says what may stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from catalyst.spec.fields import REFERENCE
from catalyst.spec.inputs import FieldSpec, InputField, OutputField, field_schema, long_form_schema
from catalyst.spec.known_keys import HIDDEN
from catalyst.spec.model import EnvVar, Flow, NodeSpec, OnError, ProjectFile, Retry, SecretSpec
from catalyst.spec.names import NAME_SCHEMA
from catalyst.spec.triggers import Auth, Trigger
from catalyst.spec.units import DURATION_SCHEMA, duration_text

Schema = dict[str, Any]
_DIALECT = "http://json-schema.org/draft-07/schema#"
_PARTS: tuple[type[BaseModel], ...] = (
    FieldSpec,
    InputField,
    OutputField,
    EnvVar,
    SecretSpec,
    OnError,
    Retry,
    Auth,
    Trigger,
    NodeSpec,
)


def flow_json_schema(node_schemas: Mapping[str, Mapping[str, Any]]) -> Schema:
    """The schema of a flow file.

    `node_schemas` says for each node type: `description`; `with`, the schema of its settings (left out when it takes
    none); `keys`, the schemas of its keys beside `with`; `required`, those of `with` and `keys` that must be there;
    `together`, what holds for several of its keys.
    A body of nodes is `{"$ref": "#/definitions/Nodes"}`.
    """
    schema = _schema_of(Flow)
    schema["definitions"] |= _node_definitions(schema["definitions"].pop("NodeSpec"), node_schemas)
    return {"$schema": _DIALECT, "title": "Catalyst flow", **schema}


def project_json_schema() -> Schema:
    """The schema of `catalyst.yaml`."""
    return {"$schema": _DIALECT, "title": "Catalyst project", **_schema_of(ProjectFile)}


def _schema_of(model: type[BaseModel]) -> Schema:
    """A model's schema with the schemas of all parts that it may refer to."""
    definitions: Schema = {"Field": field_schema(), "LongForm": long_form_schema()}
    template = "#/definitions/{model}"
    for part in _PARTS:
        schema = part.model_json_schema(ref_template=template)
        definitions |= schema.pop("$defs", {})
        definitions[part.__name__] = schema
    top = model.model_json_schema(ref_template=template)
    definitions |= top.pop("$defs", {})
    result: Schema = _resolved({**top, "definitions": dict(sorted(definitions.items()))})
    return result


def _resolved(schema: Any) -> Any:
    """Our references become real ones; titles and hidden fields, which help nobody in an editor, go."""
    if isinstance(schema, list):
        return [_resolved(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if REFERENCE in schema:
        return {"$ref": f"#/definitions/{schema[REFERENCE]}"}
    result: Schema = {}
    for key, value in schema.items():
        if key == "properties":
            result[key] = {name: _resolved(item) for name, item in value.items() if not _is_hidden(item)}
        elif key == "default":
            result |= _default(schema, value)
        elif key == "patternProperties":
            # Pydantic says so which keys a map may have, and allows all others.
            ((pattern, inner),) = value.items()
            result |= {"propertyNames": {"pattern": pattern}, "additionalProperties": _resolved(inner)}
        elif key in ("examples", "enum", "const"):
            result[key] = value
        elif not (key == "title" and isinstance(value, str)):
            result[key] = _resolved(value)
    return result


def _default(schema: Schema, value: Any) -> Schema:
    """The default as it would be written; an editor has no use for one that is no plain value."""
    if schema.get("pattern") == DURATION_SCHEMA["pattern"]:
        return {"default": duration_text(value)}
    return {"default": value} if isinstance(value, (str, int, float)) else {}


def _is_hidden(schema: Any) -> bool:
    return isinstance(schema, dict) and bool(schema.get(HIDDEN))


def _node_definitions(common: Schema, node_schemas: Mapping[str, Mapping[str, Any]]) -> Schema:
    """`Nodes`, `Node`, and the settings of each node type."""
    definitions: Schema = {}
    choices: list[Schema] = []
    branches: list[Schema] = []
    for name, given in sorted(node_schemas.items()):
        definitions[f"node_{name}"] = _type_definition(common, given, name)
        choices.append({"const": name, "description": str(given.get("description", ""))})
        condition = {"properties": {"type": {"const": name}}, "required": ["type"]}
        branches.append({"if": condition, "then": {"$ref": f"#/definitions/node_{name}"}})
    properties = {**common["properties"], "type": {"description": "What the node does.", "anyOf": choices}}
    if not choices:
        properties["type"] = {"type": "string", "description": "What the node does."}
    definitions["Node"] = {"type": "object", "required": ["type"], "properties": properties, "allOf": branches}
    definitions["Nodes"] = {
        "type": "object",
        "description": "Id to node.",
        "minProperties": 1,
        "propertyNames": NAME_SCHEMA,
        "additionalProperties": {"$ref": "#/definitions/Node"},
    }
    return definitions


def _type_definition(common: Schema, given: Mapping[str, Any], name: str) -> Schema:
    """What may stand in a node of one type: the common keys, its own keys and its settings."""
    own: Schema = dict(given.get("keys", {}))
    with_: Any = given.get("with")
    properties: Schema = dict.fromkeys(common["properties"], True) | {"type": {"const": name}} | own
    if isinstance(with_, Mapping):
        properties["with"] = dict(with_)
    else:
        properties.pop("with", None)
    result: Schema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **given.get("together", {}),
    }
    if given.get("required"):
        result["required"] = sorted(given["required"])
    return result
