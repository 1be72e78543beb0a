"""Values of paths, queries and headers: texts that stand for a number, a truth value or a point in time.

Numbers have the forms that they have in JSON, since other readers of the same URL would not agree on `1_0`, `+1` or
`nan`. What has another form stays text, and the strict check that follows names it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

Reader = Callable[[str], object]

_INTEGER = re.compile(r"-?[0-9]{1,400}")
_NUMBER = re.compile(r"-?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,4})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BOOLEAN = TypeAdapter(bool)
_DATETIME = TypeAdapter(datetime)


class ParameterReader:
    """Reads the parameters of one trigger; `schema` is the JSON Schema of their type."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._definitions: Mapping[str, Any] = schema.get("$defs", {})
        fields = {name: self._without_none(field) for name, field in schema.get("properties", {}).items()}
        # The fields that take several values, such as `?tag=a&tag=b`.
        self._lists = frozenset(name for name, field in fields.items() if field.get("type") == "array")
        self._readers = {name: self._reader(field.get("items", field)) for name, field in fields.items()}

    def read(self, field: str, sent: list[str]) -> object:
        """The value of a field that was sent once or more; of several the last counts, unless it is a list."""
        reader = self._readers[field]
        if field in self._lists:
            return [reader(text) for text in sent]
        return reader(sent[-1])

    def _without_none(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The part of a schema that a text can mean: none has no text."""
        if "$ref" in schema:
            return self._without_none(self._definitions[schema["$ref"].rpartition("/")[2]])
        parts = [part for part in schema.get("anyOf", ()) if part.get("type") != "null"]
        return self._without_none(parts[0]) if len(parts) == 1 else schema

    def _reader(self, schema: Mapping[str, Any]) -> Reader:
        found = self._without_none(schema)
        kinds = {found.get("type"), *(part.get("type") for part in found.get("anyOf", ()))}
        match found:
            case {"format": "date-time"}:
                return _moment
            case {"format": "base64"}:
                return str.encode
        if "number" in kinds:
            return _number
        if "integer" in kinds:
            return _integer
        return _boolean if "boolean" in kinds else str


def _integer(text: str) -> object:
    return int(text) if _INTEGER.fullmatch(text) else text


def _number(text: str) -> object:
    if _INTEGER.fullmatch(text):
        return int(text)
    if not _NUMBER.fullmatch(text):
        return text
    number = float(text)
    return text if number in (float("inf"), float("-inf")) else number


def _boolean(text: str) -> object:
    """`true` and `false`, and what FastAPI takes for them: `1`, `0`, `yes`, `no`, `on`, `off`."""
    return _read_by(_BOOLEAN, text)


def _moment(text: str) -> object:
    """ISO 8601; a day alone is its beginning."""
    return _read_by(_DATETIME, text) if _DAY.match(text) else text


def _read_by(adapter: TypeAdapter[Any], text: str) -> object:
    try:
        value: object = adapter.validate_python(text, strict=False)
    except ValidationError:
        return text
    return value
