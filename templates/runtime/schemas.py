"""JSON Schemas of types, in words that everybody knows who reads one.

Of a union, such as `int | float`, pydantic writes the limits as Python calls them: `ge` and `le`. To JSON Schema they
mean nothing, and services that hold a model to a schema refuse them.
"""

from typing import Any, Literal

from pydantic import TypeAdapter

_LIMITS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}


def schema_of(adapter: TypeAdapter[Any], mode: Literal["validation", "serialization"] = "validation") -> dict[str, Any]:
    """The JSON Schema of a type."""
    found: dict[str, Any] = with_known_limits(adapter.json_schema(mode=mode))
    return found


def with_known_limits(part: Any) -> Any:
    """A copy of a schema, or of a document with schemas in it, whose limits have the names of JSON Schema."""
    if isinstance(part, list):
        return [with_known_limits(each) for each in part]
    if not isinstance(part, dict):
        return part
    is_union = isinstance(part.get("anyOf"), list)
    return {_LIMITS.get(key, key) if is_union else key: with_known_limits(value) for key, value in part.items()}
