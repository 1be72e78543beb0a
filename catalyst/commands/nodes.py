"""`catalyst nodes`: which node types there are, and what each takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalyst.commands.console import put, put_json
from catalyst.commands.problems import FINE, CommandProblem
from catalyst.diagnostics import did_you_mean, listing
from catalyst.nodes.base import NodeType
from catalyst.nodes.catalog import find_node_type, node_type_names
from catalyst.spec.fields import REFERENCE
from catalyst.spec.units import duration_text

_FORMS = ("anyOf", "oneOf", "allOf")


def nodes(name: str | None, *, as_json: bool) -> int:
    """Print the list of node types, or one with its settings and an example; gives the exit code."""
    if name is not None:
        if name not in node_type_names():
            advice = did_you_mean(name, node_type_names()) or f"there are: {listing(node_type_names(), 40)}"
            raise CommandProblem(f"there is no node type `{name}`", help=advice)
        facts = node_facts(_found(name))
        put_json(facts) if as_json else put("\n".join(_page(facts)))
        return FINE
    everything = [_found(each) for each in node_type_names()]
    if as_json:
        put_json({"nodes": [node_facts(node_type) for node_type in everything]})
    else:
        width = max(len(node_type.name) for node_type in everything)
        put("\n".join(f"{node_type.name:{width}}  {node_type.summary}" for node_type in everything))
    return FINE


def node_facts(node_type: NodeType[Any]) -> dict[str, Any]:
    """A node type as JSON data: its settings with type, default and description, and an example."""
    schema = node_type.params.model_json_schema()
    settings = list(_settings(schema, schema.get("$defs", {}), ()))
    for setting in settings:
        setting["place"] = _place(node_type, setting["name"].partition(".")[0].partition("[")[0])
    return {
        "name": node_type.name,
        "summary": node_type.summary,
        "kind": node_type.kind,
        "settings": settings,
        "default_timeout": node_type.default_timeout,
        "example": node_type.example,
        "example_input": dict(node_type.example_input),
        "example_files": dict(node_type.example_files),
    }


def _found(name: str) -> NodeType[Any]:
    node_type = find_node_type(name)
    assert node_type is not None
    return node_type


def _place(node_type: NodeType[Any], setting: str) -> str:
    """Whether a setting stands under `with`, is `with`, or stands beside `type`."""
    if node_type.whole_with is not None and setting == "with":
        return "with"
    return "beside" if setting in node_type.beside else "with"


def _settings(schema: dict[str, Any], parts: dict[str, Any], seen: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The settings of a model, those of models inside as `outer.inner`, of lists as `outer[].inner`."""
    for name, setting in schema.get("properties", {}).items():
        required = name in schema.get("required", ())
        entry = {"name": name, "type": _type_text(setting), "required": required}
        if "default" in setting and setting["default"] not in (None, [], {}):
            entry["default"] = _as_written(entry["type"], setting["default"])
        yield entry | {"description": setting.get("description", "")}
        for reference, suffix in _references(setting):
            if reference in parts and reference not in seen:
                for inner in _settings(parts[reference], parts, (*seen, reference)):
                    yield inner | {"name": f"{name}{suffix}.{inner['name']}"}


def _as_written(kind: str, default: Any) -> Any:
    """A default as a flow would write it: a number of seconds as the duration that it is."""
    return duration_text(default) if kind == "string" and isinstance(default, float) else default


def _references(setting: dict[str, Any], suffix: str = "") -> Iterator[tuple[str, str]]:
    """The models that a setting's value may be, each with "[]" where it is an item of a list."""
    if "$ref" in setting:
        yield setting["$ref"].rpartition("/")[2], suffix
    if setting.get("type") == "array" and isinstance(setting.get("items"), dict):
        yield from _references(setting["items"], "[]")
    for form in _FORMS:
        for choice in setting.get(form, ()):
            yield from _references(choice, suffix)


def _type_text(setting: dict[str, Any]) -> str:
    """A setting's type in the words of the flow file."""
    if "enum" in setting:
        return " | ".join(str(choice) for choice in setting["enum"])
    if "const" in setting:
        return str(setting["const"])
    if "$ref" in setting:
        return "map"
    if REFERENCE in setting:
        return "nodes"
    for form in _FORMS:
        if form in setting:
            texts = [_type_text(choice) for choice in setting[form] if choice.get("pattern") != r"\{\{"]
            return " | ".join(dict.fromkeys(text for text in texts if text != "null")) or "any"
    if setting.get("type") == "array":
        return f"list of {_type_text(setting.get('items', {}))}"
    if setting.get("type") == "object":
        return "map"
    kinds = setting.get("type", "any")
    return " | ".join(kinds) if isinstance(kinds, list) else str(kinds)


def _page(facts: dict[str, Any]) -> Iterator[str]:
    """One node type for people to read."""
    yield f"{facts['name']}: {facts['summary']}"
    for place, heading in (("beside", "Beside `type`:"), ("with", "Under `with`:")):
        settings = [setting for setting in facts["settings"] if setting["place"] == place]
        if settings:
            yield ""
            yield heading
        for setting in settings:
            yield from _setting_lines(setting)
    yield ""
    yield "Example:"
    yield from (f"  {line}" if line else "" for line in facts["example"].rstrip("\n").split("\n"))
    for path, text in facts["example_files"].items():
        yield ""
        yield f"with `{path}`:"
        yield from (f"  {line}" if line else "" for line in text.rstrip("\n").split("\n"))


def _setting_lines(setting: dict[str, Any]) -> Iterator[str]:
    notes = [setting["type"]]
    if setting["required"]:
        notes.append("required")
    if "default" in setting:
        notes.append(f"default {_plain(setting['default'])}")
    yield f"  {setting['name']} ({', '.join(notes)})"
    if setting["description"]:
        yield f"      {setting['description']}"


def _plain(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
