"""The quick reader of JSON bodies beside pydantic: what it takes, pydantic takes, as the same value.

Types are drawn at random, documents fit them nearly, and their text is written in every way that JSON allows and some
that it does not.
"""

import json
import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, NotRequired

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from templates.runtime.intake import BodyReader
from templates.runtime.problems import RequestError
from templates.runtime.quick_json import DOUBTS, quick_reader
from tests.runtime.service_parts import STRICT

NAMES = st.sampled_from(["a", "b", "query", "class", "a b", "ä", "limit"])
NUMBERS = st.sampled_from([0, 1, -3, 7, 50])
SCALARS: list[Any] = [
    str,
    int,
    float,
    bool,
    int | float,
    Any,
    Literal["on", "off"],
    Literal[1, 2],
    Annotated[str, Field(min_length=1, max_length=3)],
    Annotated[int, Field(ge=-3, le=50)],
    Annotated[float, Field(ge=0.5)],
]
# Limits that only pydantic knows; they may stand at the top of a body.
AT_THE_TOP: list[Any] = [
    Annotated[str, Field(pattern="^[a-z]+$")],
    Annotated[int | float, Field(ge=0, le=1)],
    Annotated[str | None, Field(pattern=r"\d")],
]


def _fields(types: st.SearchStrategy[Any], *, at_the_top: bool = False) -> st.SearchStrategy[type]:
    """Closed objects, as a flow's input or the types in it."""
    kinds = types | st.sampled_from(AT_THE_TOP) if at_the_top else types
    return st.dictionaries(
        NAMES, st.tuples(kinds, st.sampled_from(["required", "optional", "default"])), max_size=4
    ).map(_typed_dict)


def _typed_dict(fields: dict[str, tuple[Any, str]]) -> Any:
    kinds: dict[str, Callable[[Any], Any]] = {
        "required": lambda type_: type_,
        "optional": lambda type_: NotRequired[type_],
        "default": lambda type_: Annotated[type_, Field(default=None)],
    }
    made = {name: kinds[kind](type_) for name, (type_, kind) in fields.items()}
    return with_config(STRICT)(TypedDict("Made", made))  # type: ignore[operator, arg-type, misc]


TYPES = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: st.one_of(
        inner.map(lambda type_: list[type_]),
        inner.map(lambda type_: dict[str, type_]),
        inner.map(lambda type_: type_ | None if type_ is not Any else type_),
        inner.map(lambda type_: Annotated[list[type_], Field(min_length=1, max_length=2)]),
        _fields(inner),
    ),
    max_leaves=5,
)
TEXTS = st.sampled_from(["", "abc", "on", "1", "x:y", "\u2028", "null"]) | st.text(max_size=5)
ANY_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.integers(-3, 3).map(float),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | TEXTS, inner, max_size=3),
    max_leaves=6,
)


def _documents(schema: dict[str, Any], defs: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a JSON schema allows, and now and then any other."""
    if "$ref" in schema:
        return _documents(defs[schema["$ref"].rpartition("/")[2]], defs)
    if "anyOf" in schema:
        return st.one_of([_documents(part, defs) for part in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")])) | ANY_VALUE
    kinds: dict[str | None, st.SearchStrategy[Any]] = {
        "string": TEXTS,
        "integer": st.integers(-4, 51) | st.sampled_from([2**63, 2**64, -(2**70), 1.0]),
        "number": st.floats() | NUMBERS | st.sampled_from([2**64, 0.5, 1]),
        "boolean": st.booleans(),
        "null": st.none(),
    }
    match schema:
        case {"type": "array", "items": items}:
            good: st.SearchStrategy[Any] = st.lists(_documents(items, defs), max_size=3)
        case {"type": "object", "properties": properties}:
            good = st.fixed_dictionaries({}, optional={name: _documents(p, defs) for name, p in properties.items()})
        case {"type": "object", "additionalProperties": dict() as values}:
            good = st.dictionaries(TEXTS, _documents(values, defs), max_size=3)
        case _:
            good = kinds.get(schema.get("type"), ANY_VALUE)
    return st.integers(0, 11).flatmap(lambda draw: ANY_VALUE if draw == 0 else good)


def _complete(value: Any, schema: dict[str, Any], data: st.DataObject) -> Any:
    """Most documents have the fields they need, so that most of them are taken."""
    defs = schema.get("$defs", {})
    if isinstance(value, dict) and "properties" in schema and data.draw(st.integers(0, 5)):
        for name in schema.get("required", ()):
            value.setdefault(name, data.draw(_documents(schema["properties"][name], defs)))
    return value


def _written(value: Any, data: st.DataObject) -> bytes:
    ascii_only, spaced = data.draw(st.booleans()), data.draw(st.booleans())
    separators = (" , ", " :\t") if spaced else (",", ":")
    text = json.dumps(value, ensure_ascii=ascii_only, separators=separators)
    if isinstance(value, dict) and value and data.draw(st.integers(0, 4)) == 0:
        name, again = data.draw(st.sampled_from(sorted(value.items())))
        extra = json.dumps({name: again}, ensure_ascii=ascii_only)[1:]
        text = text[:-1] + "," + extra
    if data.draw(st.integers(0, 3)) == 0:
        text = _with_odd_token(text, data)
    raw = text.encode("utf-8", "surrogatepass")
    if data.draw(st.integers(0, 19)) == 0:
        place = data.draw(st.integers(0, len(raw)))
        raw = raw[:place] + data.draw(st.sampled_from([b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\x00"])) + raw[place:]
    return raw


ODD_TOKENS = (
    *("-0", "-0.0", "1.0", "1e2", "1E2", "1e-2", "2.00", "0e0", "1e22", "1e23", "5e-324", "1e-400", "1e308", "1e400"),
    *("-1e400", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616"),
    *("9007199254740993", "9007199254740993.0", "1.7976931348623159e308", "1" + "0" * 400, "9" * 4301, "0." + "0" * 40),
    *("NaN", "Infinity", "-Infinity", "01", "+1", ".5", "1.", "0x1", "1_0", "1e", "-", "True", "None", "undefined"),
    *(r'"\u003a"', r'"\ud800"', r'"\udc00\ud800"', r'"\ud83d\ude00"', r'"\u0000"', r'"\x41"', r'"\/"', '"\n"', '"a'),
    *("[]", "{}", "[1,]", '{"a":1,}', '{"a":1,"a":1}', r'{"a":1,"\u0061":2}', "[null]", "/* a */ 1", ""),
    *("[" * 100 + "]" * 100, "[" * 201 + "]" * 201, "[" * 10_000, '"' + "h" * 70_000 + '"'),
)
"""Values as no writer of JSON puts them, and some that are none."""
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null|NaN|-?Infinity')


def _with_odd_token(text: str, data: st.DataObject) -> str:
    """The text with one of its values or keys written in an odd way; a bare `{}` with something around it."""
    tokens = [match.span() for match in TOKEN.finditer(text)]
    odd = data.draw(st.sampled_from(ODD_TOKENS))
    if not tokens:
        return data.draw(st.sampled_from(["\ufeff" + text, text + odd, text + "\0", " " + text]))
    start, end = data.draw(st.sampled_from(tokens))
    return text[:start] + odd + text[end:]


@given(type_=_fields(TYPES, at_the_top=True), data=st.data())
@settings(max_examples=400)
def test_what_the_quick_reader_takes_pydantic_takes_too(type_: Any, data: st.DataObject) -> None:
    adapter = TypeAdapter(type_)
    read = quick_reader(adapter)
    if read is None:
        return
    schema = adapter.json_schema()
    document = data.draw(_documents(schema, schema.get("$defs", {})))
    raw = _written(_complete(document, schema, data), data)
    try:
        quick = read(raw)
    except DOUBTS:
        return
    # `repr` tells 1 from 1.0 and true, and shows the order of fields.
    assert repr(quick) == repr(adapter.validator.validate_json(raw))


@given(type_=_fields(TYPES, at_the_top=True), data=st.data())
@settings(max_examples=400)
def test_a_body_is_read_the_same_with_and_without_it(type_: Any, data: st.DataObject) -> None:
    adapter = TypeAdapter(type_)
    with_it, without = BodyReader(adapter), BodyReader(adapter)
    without._quick = None
    schema = adapter.json_schema()
    raw = _written(_complete(data.draw(_documents(schema, schema.get("$defs", {}))), schema, data), data)
    assert _outcome(with_it, raw) == _outcome(without, raw)


def _outcome(reader: BodyReader, raw: bytes) -> str:
    try:
        return repr(reader.read(raw))
    except RequestError as error:
        return f"{error.status} {error.title} {error.detail} {error.errors}"


@with_config(STRICT)
class Order(TypedDict):
    query: Annotated[str, Field(min_length=2)]
    limit: Annotated[int, Field(default=20, le=50)]
    tags: Annotated[list[str], Field(default=["new"])]
    anything: NotRequired[Any]


READ = quick_reader(TypeAdapter(Order))


@pytest.mark.parametrize(
    "body",
    [
        b'{"query":"x"}',
        b'{"query":1}',
        b'{"query":"abc","limit":1.0}',
        b'{"query":"abc","limit":true}',
        b'{"query":"abc","limit":51}',
        b'{"query":"abc","limit":null}',
        b'{"query":"abc","other":1}',
        b'{"query":"abc"',
        b'{"query":"abc"} x',
        b'{"query":"\xff\xff"}',
        b'{"query":"abc","anything":NaN}',
        b'{"query":"abc","anything":1e999}',
        b'{"query":"abc","anything":' + b"[" * 300 + b"]" * 300 + b"}",
        b'{"query":"abc","anything":' + b"[" * 100_000,
        b"[]",
        b"",
    ],
)
def test_it_leaves_what_is_not_right_to_pydantic(body: bytes) -> None:
    assert READ is not None
    with pytest.raises(DOUBTS):
        READ(body)


def test_defaults_are_new_for_each_body() -> None:
    assert READ is not None
    first = READ(b'{"query":"abc"}')
    first["tags"].append("changed")
    assert READ(b'{"query":"abc"}') == {"query": "abc", "limit": 20, "tags": ["new"]}


def test_types_that_could_be_read_differently_have_no_quick_reader() -> None:
    from datetime import datetime

    class Open(TypedDict):
        a: int

    @with_config(STRICT)
    class Dated(TypedDict):
        when: datetime

    @with_config(STRICT)
    class Inside(TypedDict):
        item: list[Annotated[str, Field(pattern="^a")]]

    for type_ in (Open, Dated, Inside, list[int], int, dict[str, int]):
        assert quick_reader(TypeAdapter(type_)) is None
    with pytest.raises(ValidationError):
        TypeAdapter(Dated).validate_json(b'{"when": 1}')
