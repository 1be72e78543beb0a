"""What the vector node types share: the collection, the connection, filters, and what a point looks like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, field_validator

from catalyst.expressions.types import (
    BOOL,
    DATETIME,
    NUMBER,
    OPEN_OBJECT,
    STR,
    AnyType,
    FieldType,
    ListType,
    ObjectType,
    Type,
    UnionType,
    accepts,
    describe,
    without_none,
)
from catalyst.nodes.base import Scribe, Site
from catalyst.nodes.settings import Params, ShapeSlot, StrExpr
from catalyst.spec.problems import problem

HOME = "QDRANT_URL"
"""The secret that vector nodes look for."""

_BOUNDS = frozenset({"gt", "gte", "lt", "lte"})
_GROUPS = ("any", "all", "none")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")
_SINGLE = UnionType((STR, NUMBER, BOOL, DATETIME))
_VALUE = UnionType((*_SINGLE.members, ListType(_SINGLE)))
_TIME = UnionType((STR, DATETIME))

PayloadType = Annotated[
    str | None,
    Field(default=None, description="The type of the points' payloads; what comes back is checked against it."),
]
FilterShape = Annotated[Any, ShapeSlot(type=OPEN_OBJECT)]


class VectorParams(Params):
    """Settings of all vector nodes."""

    collection: StrExpr = Field(description="The collection's name: letters, digits, `_`, `-` and `.`.")
    connection: str = Field(
        default=HOME,
        description="The secret with the server's address. Where the flow does not declare QDRANT_URL, the vectors are"
        " kept in the folder of DATA_DIR (`data`), by this process.",
    )


class FilteredParams(VectorParams):
    """Settings of vector nodes that can choose points by their payload."""

    filter: FilterShape = Field(
        default=None,
        description="Which points: `key: value`, `key: [values]` (any of them), `key: {gt, gte, lt, lte}`,"
        " `key: {not: value}`, `key: {exists: true}`; `any`, `all` and `none` hold lists of filters.",
    )

    @field_validator("filter")
    @classmethod
    def is_a_filter(cls, given: Any) -> Any:
        """Its keys are part of the flow; only values may be expressions."""
        if given is not None:
            check_filter(given)
        return given


class ReadParams(FilteredParams):
    """Settings of vector nodes that read points."""

    payload: bool | list[str] = Field(default=True, description="Whether payloads are wanted, or which of their keys.")
    payload_type: PayloadType
    with_vectors: bool = Field(default=False, description="Whether the vectors are wanted, too.")


def check_filter(given: Any) -> None:
    """Raise for what is no filter."""
    if not isinstance(given, dict):
        help_text = "write a map of keys and values; the values may be expressions"
        raise problem("E144", "a filter has its keys in the flow", help=help_text)
    for key, value in given.items():
        if key in _GROUPS:
            if not isinstance(value, list) or not value:
                raise problem("E144", f"`{key}` holds a list of filters", help=f"write `{key}: [{{key: value}}]`")
            for inner in value:
                check_filter(inner)
        elif isinstance(value, dict) and not (set(value) in ({"not"}, {"exists"}) or (value and set(value) <= _BOUNDS)):
            help_text = "it takes a value, a list, {gt, gte, lt, lte}, {not: value} or {exists: true}"
            raise problem("E144", f"`{key}` of the filter has another form", help=help_text)


def check_store(params: VectorParams, site: Site) -> None:
    """Another secret than the usual one must be declared, and the collection must have a name that it can have."""
    if params.connection != HOME:
        site.need_secret(params.connection, "connection")
    name = params.collection
    if name.is_constant and not _NAME.fullmatch(name.constant):
        help_ = "names are letters, digits, `_`, `-` and `.`, and begin with a letter or digit"
        site.found.error("E144", "this cannot be the name of a collection", site.span_of("collection"), help=help_)


def check_filtered(params: FilteredParams, site: Site) -> None:
    """The same, and a filter must hold values that can be compared."""
    check_store(params, site)
    if params.filter is not None:
        _check_values(params.filter, site, ("filter",))


def check_read(params: ReadParams, site: Site) -> None:
    """The same, and payloads of a type must be read whole."""
    check_filtered(params, site)
    if params.payload_type is not None and params.payload is False:
        message = "payloads that are not read have no type"
        site.found.error("E144", message, site.span_of("payload_type"), help="leave out `payload: false`")


def _check_values(given: Mapping[str, Any], site: Site, place: tuple[str | int, ...]) -> None:
    for key, value in given.items():
        if key in _GROUPS and isinstance(value, list):
            for number, inner in enumerate(value):
                _check_values(inner, site, (*place, key, number))
        elif isinstance(value, dict) and "exists" in value:
            _check_value(value["exists"], BOOL, "true or false", site, (*place, key))
        elif isinstance(value, dict) and "not" not in value:
            _check_bounds(value, site, (*place, key))
        else:
            inner = value["not"] if isinstance(value, dict) else value
            _check_value(inner, _VALUE, "text, a number, true or false, or a list of them", site, (*place, key))


def _check_bounds(bounds: Mapping[str, Any], site: Site, place: tuple[str | int, ...]) -> None:
    """Numbers, or points in time; not one of each."""
    given = [without_none(site.shape_type(each)) for each in bounds.values()]
    are_numbers = any(not isinstance(each, AnyType) and accepts(NUMBER, each) for each in given)
    for each in bounds.values():
        _check_value(each, NUMBER if are_numbers else _TIME, "bounds that are numbers, or points in time", site, place)


def _check_value(value: Any, wanted: Type, words: str, site: Site, place: tuple[str | int, ...]) -> None:
    given = without_none(site.shape_type(value))
    if not isinstance(given, AnyType) and not accepts(wanted, given):
        message = f"`{place[-1]}` of the filter takes {words}, this is {describe(given)}"
        site.found.error("E144", message, site.span_of(*place))


def payload_of(given: str | None, site: Site) -> Type:
    """The type of a payload."""
    return site.type_named(given, "payload_type") if given is not None else OPEN_OBJECT


def point_type(payload: Type, *, scored: bool, with_vector: bool) -> ObjectType:
    """What a point looks like when it is read."""
    fields = [("id", FieldType(STR)), ("payload", FieldType(payload))]
    fields += [("vector", FieldType(ListType(NUMBER)))] if with_vector else []
    fields += [("score", FieldType(NUMBER))] if scored else []
    return ObjectType(tuple(fields))


def read_arguments(params: ReadParams, scribe: Scribe) -> list[str]:
    """What nodes that read points pass on alike."""
    arguments = [f"filter={scribe.shape(params.filter)}"] if params.filter is not None else []
    if params.payload is not True:
        arguments.append(f"payload={list(params.payload) if params.payload else False!r}")
    return [*arguments, "vectors=True"] if params.with_vectors else arguments


def pool(params: VectorParams, scribe: Scribe) -> str:
    """The pool's key in the node's module."""
    return scribe.connection("vector_store", "vector_pool", params.connection, HOME)
