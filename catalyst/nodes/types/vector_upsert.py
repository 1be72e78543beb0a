"""`vector_upsert`: write points into a collection; one whose id is known is replaced."""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.types import ANY, INT, NUMBER, STR, FieldType, ListType, ObjectType
from catalyst.nodes.base import NodeType, Scribe
from catalyst.nodes.settings import Expr, ShapeSlot, Slot
from catalyst.nodes.vectors import VectorParams, check_connection, pool
from catalyst.spec.fields import exactly_one

Distance = Literal["cosine", "dot", "euclid", "manhattan"]

WRITTEN = ObjectType((("count", FieldType(INT)), ("ids", FieldType(ListType(STR)))), "vectors.Written")


class VectorUpsertParams(VectorParams):
    """Settings of `vector_upsert`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("points", "vectors"))

    points: Annotated[Any, ShapeSlot(type=ListType(ANY))] = Field(
        default=None,
        description="A list of {id, vector, payload}, or an expression that gives one. An id is text or a whole number;"
        " without one a point gets a new id.",
    )
    vectors: Annotated[Expr, Slot(ListType(ListType(NUMBER)))] | None = Field(
        default=None, description="The points' vectors, such as `embedding` gives for several texts."
    )
    ids: Annotated[Expr, Slot(ListType(ANY))] | None = Field(default=None, description="An id for each of `vectors`.")
    payloads: Annotated[Expr, Slot(ListType(ANY))] | None = Field(
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
    check=check_connection,
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
