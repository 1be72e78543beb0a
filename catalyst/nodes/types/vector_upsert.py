"""`vector_upsert`: write points into a collection; one whose id is known is replaced."""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.diagnostics import Span, did_you_mean, listing
from catalyst.expressions.types import (
    INT,
    NUMBER,
    OPEN_OBJECT,
    STR,
    FieldType,
    ListType,
    ObjectType,
    Type,
    UnionType,
    accepts,
    describe,
    nullable,
    without_none,
)
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.settings import Expr, ShapeSlot, Slot
from catalyst.nodes.vectors import VectorParams, check_store, pool
from catalyst.spec.fields import exactly_one

Distance = Literal["cosine", "dot", "euclid", "manhattan"]

_PARTS: dict[str, Type] = {"id": UnionType((STR, INT)), "vector": ListType(NUMBER), "payload": OPEN_OBJECT}
POINT = ObjectType(
    (
        ("id", FieldType(nullable(_PARTS["id"]), required=False)),
        ("vector", FieldType(_PARTS["vector"])),
        ("payload", FieldType(nullable(OPEN_OBJECT), required=False)),
    ),
    open=True,
)

WRITTEN = ObjectType((("count", FieldType(INT)), ("ids", FieldType(ListType(STR)))), "vectors.Written")


class VectorUpsertParams(VectorParams):
    """Settings of `vector_upsert`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("points", "vectors"))

    points: Annotated[Any, ShapeSlot(type=ListType(POINT))] = Field(
        default=None,
        description="A list of {id, vector, payload}, or an expression that gives one. An id is text or a whole number;"
        " without one a point gets a new id.",
    )
    vectors: Annotated[Expr, Slot(ListType(ListType(NUMBER)))] | None = Field(
        default=None, description="The points' vectors, such as `embedding` gives for several texts."
    )
    ids: Annotated[Expr, Slot(ListType(_PARTS["id"]))] | None = Field(
        default=None, description="An id for each of `vectors`."
    )
    payloads: Annotated[Expr, Slot(ListType(nullable(OPEN_OBJECT)))] | None = Field(
        default=None, description="A payload for each of `vectors`."
    )
    distance: Distance = Field(
        default="cosine", description="How a collection that has to be made compares vectors; it gets their size."
    )
    wait: bool = Field(default=True, description="Whether the node ends only when the points can be found.")

    @model_validator(mode="after")
    def says_what_to_write(self) -> Self:
        """Points, or vectors with what belongs to them."""
        if (self.points is None) == (self.vectors is None):
            raise PydanticCustomError("one_of", "give either `points` or `vectors`")
        if self.points is not None and (self.ids is not None or self.payloads is not None):
            raise PydanticCustomError("one_of", "`ids` and `payloads` belong to `vectors`; `points` have their own")
        return self


def check(params: VectorUpsertParams, site: Site) -> None:
    """Points that stand in the flow have a vector each, all equally long."""
    check_store(params, site)
    sizes: dict[int, int] = {}
    for number, point in enumerate(params.points if isinstance(params.points, list) else ()):
        _check_point(point, site, number)
        vector = point.get("vector") if isinstance(point, dict) else None
        if isinstance(vector, list):
            sizes.setdefault(len(vector), number)
    if len(sizes) > 1:
        places = [f"points[{number}] has {size}" for size, number in sizes.items()]
        message = f"all vectors of a collection are equally long: {listing(places)}"
        site.found.error("E144", message, site.span_of("points"), help="take them from the same model")


def _check_point(point: Any, site: Site, number: int) -> None:
    """What is wrong with one point is told at its place."""
    if not isinstance(point, dict):
        given = site.shape_type(point)
        if not accepts(POINT, given):
            message = f"a point is {{id, vector, payload}}, this is {describe(given)}"
            site.found.error("E206", message, site.span_of("points", number))
        return
    if "vector" not in point:
        site.found.error("E141", "`vector` is missing in a point", site.span_of("points", number), help="add `vector:`")
    for key, value in point.items():
        _check_part(key, value, site, site.span_of("points", number, key))


def _check_part(key: str, value: Any, site: Site, span: Span) -> None:
    wanted = _PARTS.get(key)
    if wanted is None:
        label = did_you_mean(key, _PARTS)
        site.found.error(
            "E140", f"unknown key `{key}` in a point", span, label=label, help="known keys: id, vector, payload"
        )
        return
    given = site.shape_type(value)
    if value == [] or not accepts(wanted, given if key == "vector" else without_none(given)):
        found = "an empty list" if value == [] else describe(given)
        message = f"`{key}` of a point is {describe(wanted)}, this is {found}"
        site.found.error("E206", message, span)


def emit(params: VectorUpsertParams, scribe: Scribe) -> None:
    """One call of the runtime."""
    upsert = scribe.use("vectors", "upsert")
    arguments = ["ctx", pool(params, scribe), scribe.expr(params.collection), _points(params, scribe)]
    if params.distance != "cosine":
        arguments.append(f"distance={params.distance!r}")
    if not params.wait:
        arguments.append("wait=False")
    scribe.body.line(f"return await {upsert}({', '.join(arguments)})")


def _points(params: VectorUpsertParams, scribe: Scribe) -> str:
    if params.vectors is None:
        return scribe.shape(params.points)
    lists = [
        scribe.expr(each) if each is not None else "None" for each in (params.vectors, params.ids, params.payloads)
    ]
    return f"{scribe.use('vectors', 'together')}({', '.join(lists)})"


NODE = NodeType(
    kind="call",
    params=VectorUpsertParams,
    output=lambda params, site: WRITTEN,
    check=check,
    emit=emit,
    example="""\
catalyst: 1
name: vector_upsert_example
input: {title: string, vector: array<number>}
nodes:
  kept:
    type: vector_upsert
    with:
      collection: books
      points:
        - {id: "{{ input.title | lower }}", vector: "{{ input.vector }}", payload: {title: "{{ input.title }}"}}
output: {ids: "{{ nodes.kept.output.ids }}"}
""",
    example_input={"title": "The Sea", "vector": [0.1, 0.9]},
)
