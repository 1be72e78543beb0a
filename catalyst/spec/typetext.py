"""Types as the flow file writes them: `string`, `array<T>`, `T[]`, `map<T>`, `T?`, names, `{field: type}`.

Goes in: text. Comes out: small frozen trees. Whether a named type exists is not asked here. Raises `BadType` with the
offsets of the part that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from catalyst.diagnostics import Located, Span, did_you_mean

SIMPLE_TYPES = ("string", "integer", "number", "boolean", "object", "any", "file", "bytes", "datetime")
_GENERIC = ("array", "map")
_HABITS = {
    "str": "string",
    "text": "string",
    "int": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "decimal": "number",
    "bool": "boolean",
    "dict": "object",
    "json": "any",
    "date": "datetime",
    "timestamp": "datetime",
    "list": "array",
    "binary": "bytes",
}
_OF_VALUES = ("enum", "literal", "oneof")
_VALUES_HELP = "the only values allowed stand in the long form: {type: string, enum: [red, green]}"
_TOKEN = re.compile(r"\s*(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>\[\]|[<>?{},:]))")
_DEEPEST = 16


@dataclass(frozen=True, slots=True)
class SimpleType:
    """One of `SIMPLE_TYPES`."""

    name: str


@dataclass(frozen=True, slots=True)
class NamedType:
    """A name from `types`."""

    name: str
    span: Span | None = None


Limits = tuple[tuple[str, Any], ...]
"""Limits of a value in pydantic's words: `ge`, `le`, `min_length`, `max_length`, `pattern`; `choices` of a number."""


@dataclass(frozen=True, slots=True)
class ArrayType:
    """`array<T>` or `T[]`; `limits` are those of each item."""

    item: TypeText
    limits: Limits = ()


@dataclass(frozen=True, slots=True)
class MapOfType:
    """`map<T>`: any keys, values of one type."""

    value: TypeText


@dataclass(frozen=True, slots=True)
class OptionalType:
    """`T?`: the value or none."""

    inner: TypeText


@dataclass(frozen=True, slots=True)
class RecordField:
    """A field of a record; `name?` makes it one that may be left out. `default` is JSON."""

    name: str
    type: TypeText
    required: bool = True
    description: str | None = None
    choices: tuple[str | int | float | bool, ...] | None = None
    limits: Limits = ()
    default: str | None = None


@dataclass(frozen=True, slots=True)
class RecordType:
    """`{field: type}`."""

    fields: tuple[RecordField, ...]


TypeText = SimpleType | NamedType | ArrayType | MapOfType | OptionalType | RecordType


class BadType(ValueError):
    """Text that is not a type: what is wrong, what to try, and from which to which offset."""

    def __init__(self, message: str, help_text: str, start: int, end: int, label: str = "") -> None:
        super().__init__(message)
        self.help = help_text
        self.start = start
        self.end = end
        self.label = label


def parse_type(text: str) -> TypeText:
    """The type that text stands for. Raises `BadType`."""
    parser = _Parser(text)
    result = parser.type(0)
    parser.expect_end()
    return result


def names_in(type_: TypeText) -> Iterator[NamedType]:
    """All names from `types` that a type mentions, in order."""
    match type_:
        case NamedType():
            yield type_
        case ArrayType(inner) | MapOfType(inner) | OptionalType(inner):
            yield from names_in(inner)
        case RecordType(fields):
            for field in fields:
                yield from names_in(field.type)
        case SimpleType():
            return


class _Parser:
    """Recursive descent over the tokens of one type."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.start = 0
        self.word = ""
        self._next()

    def type(self, depth: int) -> TypeText:
        if depth > _DEEPEST:
            raise BadType("this type nests too deeply", "name its parts in `types`", 0, len(self.text))
        result = self._record(depth) if self.word == "{" else self._name(depth)
        while self.word in ("[]", "?"):
            if self.word == "[]":
                result = ArrayType(result)
            elif not isinstance(result, OptionalType):
                result = OptionalType(result)
            self._next()
        return result

    def expect_end(self) -> None:
        if self.word:
            raise self._bad(f"`{self.word}` does not belong in a type")

    def _name(self, depth: int) -> TypeText:
        name, start = self.word, self.start
        if not (name[:1].isalpha() or name[:1] == "_"):
            raise self._bad("a type is missing here" if not name else f"`{name}` does not start a type")
        self._next()
        if name in _GENERIC:
            return self._generic(name, depth)
        if name in SIMPLE_TYPES:
            return SimpleType(name)
        if name in _HABITS:
            self._habit(name, start)
        if name.lower() in _OF_VALUES:
            raise BadType("a type does not list values", _VALUES_HELP, start, start + len(name))
        span = self.text.span_of(start, start + len(name)) if isinstance(self.text, Located) else None
        return NamedType(name, span)

    def _generic(self, name: str, depth: int) -> TypeText:
        inner: TypeText = SimpleType("any")
        if self.word == "<":
            self._next()
            inner = self.type(depth + 1)
            self._take(">")
        return ArrayType(inner) if name == "array" else MapOfType(inner)

    def _habit(self, name: str, start: int) -> None:
        right = _HABITS[name]
        message = f"there is no type `{name}`"
        raise BadType(message, types_help(), start, start + len(name), f"did you mean `{right}`?")

    def _record(self, depth: int) -> TypeText:
        self._take("{")
        fields: list[RecordField] = []
        while self.word != "}":
            name = self.word
            if not (name[:1].isalpha() or name[:1] == "_"):
                raise self._bad("a field name is missing here")
            if any(field.name == name for field in fields):
                raise self._bad(f"the field `{name}` is given twice")
            self._next()
            required = self.word != "?"
            if not required:
                self._next()
            self._take(":")
            fields.append(RecordField(name, self.type(depth + 1), required))
            if self.word != "}":
                self._take(",")
        self._take("}")
        return RecordType(tuple(fields))

    def _take(self, sign: str) -> None:
        if self.word != sign:
            raise self._bad(f"`{sign}` is missing here")
        self._next()

    def _next(self) -> None:
        match = _TOKEN.match(self.text, self.position)
        if match is None:
            rest = len(self.text[self.position :]) - len(self.text[self.position :].lstrip())
            self.start = self.position + rest
            self.word = ""
            if self.start < len(self.text):
                self.word = self.text[self.start]
                self.position = self.start + 1
            return
        self.word = str(match.group("name") or match.group("sign"))
        self.start, self.position = match.end() - len(self.word), match.end()

    def _bad(self, message: str) -> BadType:
        end = self.start + max(1, len(self.word))
        return BadType(message, types_help(), self.start, end, did_you_mean(self.word, SIMPLE_TYPES))


def types_help() -> str:
    """The sentence that lists what a type can be."""
    return f"types are {', '.join(SIMPLE_TYPES)}, array<T>, map<T>, T? and names from `types`"
