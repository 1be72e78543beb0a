"""`vector_search`: the points of a collection that are nearest to a vector, the best first."""

from typing import Annotated

from pydantic import Field

from catalyst.expressions.types import ANY, INT, NUMBER, FieldType, ListType, ObjectType, Type, UnionType, describe
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.settings import Expr, Slot
from catalyst.nodes.vectors import ReadParams, check_read, payload_of, point_type, pool, read_arguments

VECTOR = ListType(NUMBER)
WITH_VECTOR = ObjectType((("vector", FieldType(VECTOR)),), open=True)
"""What an `embedding` node gives: the vector, and facts about it."""


class VectorSearchParams(ReadParams):
    """Settings of `vector_search`."""

    vector: Annotated[Expr, Slot(UnionType((VECTOR, WITH_VECTOR)))] = Field(
        description="What to look for: a list of numbers, or the output of an `embedding` with one text."
    )
    limit: Annotated[Expr, Slot(INT, within=(1, 10_000))] | None = Field(
        default=None, description="The most points there may be; 10 if not given."
    )
    score_threshold: Annotated[Expr, Slot(NUMBER)] | None = Field(
        default=None, description="Points that score worse are left out."
    )


def output(params: VectorSearchParams, site: Site) -> Type:
    """A list of points with their scores."""
    payload = payload_of(params.payload_type, site)
    return ListType(point_type(payload, scored=True, with_vector=params.with_vectors))


def check(params: VectorSearchParams, site: Site) -> None:
    """A vector that stands in the flow is a list of numbers."""
    check_read(params, site)
    if params.vector.is_constant and not (isinstance(params.vector.constant, list) and params.vector.constant):
        site.found.error("E144", f"`vector`: expected {describe(VECTOR)}", site.span_of("vector"), help="write a list")


def emit(params: VectorSearchParams, scribe: Scribe) -> None:
    """One call of the runtime."""
    search = scribe.use("vectors", "search")
    arguments = ["ctx", repr(scribe.node_id), pool(params, scribe), scribe.expr(params.collection)]
    arguments.append(_vector(params, scribe))
    for name, value in (("limit", params.limit), ("threshold", params.score_threshold)):
        if value is not None:
            arguments.append(f"{name}={scribe.expr(value)}")
    arguments += read_arguments(params, scribe)
    scribe.returns(f"await {search}({', '.join(arguments)})", ANY)


def _vector(params: VectorSearchParams, scribe: Scribe) -> str:
    """The numbers to look for; an `embedding` gives them among other facts."""
    source = scribe.expr(params.vector)
    if params.vector.is_constant or not isinstance(scribe.type_of(params.vector), ObjectType):
        return source
    return f"{source}['vector']"


NODE = NodeType(
    kind="call",
    params=VectorSearchParams,
    output=output,
    check=check,
    emit=emit,
    safe_to_repeat=lambda params: True,
    example="""\
catalyst: 1
name: vector_search_example
input: {near: array<number>, kind: string}
types:
  Book: {title: string, kind: string}
nodes:
  kept:
    type: vector_upsert
    with:
      collection: books
      points:
        - {id: sea, vector: [1, 0], payload: {title: The Sea, kind: novel}}
        - {id: sky, vector: [0, 1], payload: {title: The Sky, kind: essay}}
  found:
    type: vector_search
    needs: kept
    with:
      collection: books
      vector: "{{ input.near }}"
      limit: 3
      filter: {kind: "{{ input.kind }}"}
      payload_type: Book
output: {titles: "{{ nodes.found.output | map(hit => hit.payload.title) }}"}
""",
    example_input={"near": [0.9, 0.1], "kind": "novel"},
)
