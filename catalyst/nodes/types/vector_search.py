"""`vector_search`: the points of a collection that are nearest to a vector, the best first."""

from typing import Annotated

from pydantic import Field

from catalyst.expressions.types import ANY, INT, NUMBER, ListType, Type
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.settings import Expr, Slot
from catalyst.nodes.vectors import ReadParams, check_connection, payload_of, point_type, pool, read_arguments


class VectorSearchParams(ReadParams):
    """Settings of `vector_search`."""

    vector: Annotated[Expr, Slot(ListType(NUMBER))] = Field(
        description="What to look for: a list of numbers, such as an `embedding` gives."
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


def emit(params: VectorSearchParams, scribe: Scribe) -> None:
    """One call of the runtime."""
    search = scribe.use("vectors", "search")
    arguments = ["ctx", repr(scribe.node_id), pool(params, scribe), scribe.expr(params.collection)]
    arguments.append(scribe.expr(params.vector))
    for name, value in (("limit", params.limit), ("threshold", params.score_threshold)):
        if value is not None:
            arguments.append(f"{name}={scribe.expr(value)}")
    arguments += read_arguments(params, scribe)
    scribe.returns(f"await {search}({', '.join(arguments)})", ANY)


NODE = NodeType(
    kind="call",
    params=VectorSearchParams,
    output=output,
    check=check_connection,
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
