"""Refuses JSON that validators let pass: a key that stands twice in one object, and numbers that are none.

Of two equal keys pydantic takes the last and others the first; whoever checked the first one was deceived. The exact
look parses the text once more in Python. Most requests need no more than a quick proof, which counts colons: each
member of an object has one, and texts keep theirs. When what was read, written as JSON again, has as many as the text
that came, no member was lost. An escape (`\\u003a`) could bring in a colon that was not there, so texts with them get
the exact look.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

import orjson
from pydantic import TypeAdapter

from .problems import RequestError, invalid


@dataclass(frozen=True, slots=True)
class _Default:
    """A field that validation fills in: how it would stand in the text, and what filling it adds."""

    quoted: bytes
    as_key: bytes
    colons: int
    nulls: int


@dataclass(frozen=True, slots=True)
class Shape:
    """What the quick proof has to know of a type whose values come out as they stood in the text."""

    defaults: tuple[_Default, ...]


def shape_of(adapter: TypeAdapter[Any]) -> Shape | None:
    """The shape of a type; None when it has open objects, converted texts such as dates, or defaults further inside."""
    schema = adapter.json_schema()
    names: list[str] = []
    for part in _parts(schema):
        is_open = part.get("type") == "object" and part.get("additionalProperties") is not False
        is_anything = not part.keys() & {"type", "anyOf", "$ref", "enum", "const"}
        if is_open or is_anything or "format" in part or ("default" in part and not _is_top(schema, part)):
            return None
        names.extend(part.get("properties", ()))
    defaults = []
    for name, part in schema.get("properties", {}).items():
        if "default" in part:
            if names.count(name) > 1:
                return None
            written = orjson.dumps(part["default"])
            quoted = orjson.dumps(name)
            defaults.append(_Default(quoted, quoted + b":", 1 + written.count(b":"), written.count(b"null")))
    return Shape(tuple(defaults))


def _is_top(schema: dict[str, Any], part: dict[str, Any]) -> bool:
    return any(part is field for field in schema.get("properties", {}).values())


def _parts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schema and all schemas inside it."""
    yield schema
    inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", ())]
    if isinstance(schema.get("items"), dict):
        inner.append(schema["items"])
    for part in inner:
        yield from _parts(part)


def refuse_unsound(raw: bytes, data: object, shape: Shape | None) -> None:
    """Raise RequestError when `raw`, which was read as `data`, has a key twice or a number that is none."""
    try:
        written = orjson.dumps(data)
    except orjson.JSONEncodeError:
        written = None  # it holds what orjson does not write, such as integers above 64 bits
    if written == raw:
        return  # compact JSON in the order of the fields, as many clients send it
    # Looking for one byte first: that is ten times quicker than for two.
    escapes = b"\\" in raw and b"\\u" in raw
    if not escapes and (_is_sound(raw, written, shape) if shape is not None else _is_sound_by_itself(raw)):
        return
    try:
        found = _look(raw)
    except RecursionError:
        raise RequestError("The body is nested too deeply", kind="json", status=400) from None
    except ValueError:
        raise RequestError("The body is not valid JSON", kind="json", status=400) from None
    if found:
        raise invalid(found, "body")


def _is_sound(raw: bytes, written: bytes | None, shape: Shape) -> bool:
    """The quick proof on checked data, which is `written` again. False when it proves nothing."""
    if written is None:
        return False
    colons = written.count(b":")
    nulls = 0
    for default in shape.defaults:
        if default.as_key in raw:
            continue
        if default.quoted in raw:
            return False  # the name stands there, but perhaps not as a key
        colons -= default.colons
        nulls += default.nulls
    if colons != raw.count(b":"):
        return False
    # NaN and numbers too large for a float are written as null.
    return b"null" not in written or written.count(b"null") - nulls <= raw.count(b"null")


def _is_sound_by_itself(raw: bytes) -> bool:
    """The quick proof without checked data: orjson refuses NaN and what no float can hold."""
    try:
        return orjson.dumps(orjson.loads(raw)).count(b":") == raw.count(b":")
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return False


@dataclass(frozen=True, slots=True)
class _Twice:
    """Stands for an object in whose text keys stand more than once."""

    keys: tuple[str, ...]
    members: tuple[tuple[str, Any], ...]


def _look(raw: bytes) -> list[dict[str, Any]]:
    """All that is unsound, in the form of pydantic's errors; the way to each place is looked for only when one is."""
    sound = True

    def object_of(pairs: list[tuple[str, Any]]) -> object:
        nonlocal sound
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        sound = False
        counts = Counter(name for name, _ in pairs)
        return _Twice(tuple(sorted(name for name, count in counts.items() if count > 1)), tuple(pairs))

    def number_of(text: str) -> float:
        nonlocal sound
        number = float(text)
        sound = sound and isfinite(number)
        return number

    data = json.loads(raw, object_pairs_hook=object_of, parse_constant=number_of, parse_float=number_of)
    return [] if sound else list(_unsound_places(data, ()))


def _unsound_places(value: object, path: tuple[str | int, ...]) -> Iterator[dict[str, Any]]:
    """Every key that stands twice and every number that is none, with the way that leads there."""
    members: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, _Twice):
        for name in value.keys:
            yield {"loc": (*path, name), "msg": "Key appears twice in one object", "type": "duplicate_key"}
        members = value.members
    elif isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    elif isinstance(value, float) and not isfinite(value):
        yield {"loc": path, "msg": "Input should be a finite number", "type": "finite_number"}
    for key, inner in members:
        yield from _unsound_places(inner, (*path, key))
