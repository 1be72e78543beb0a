"""`vector_scroll`: one page of a collection's points, in the order of their ids."""

from typing import Annotated

from pydantic import Field

from catalyst.expressions.types import ANY, INT, STR, FieldType, ListType, ObjectType, Type, nullable
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.settings import Expr, Slot
from catalyst.nodes.vectors import ReadParams, check_read, payload_of, point_type, pool, read_arguments


class VectorScrollParams(ReadParams):
    """Settings of `vector_scroll`."""

    limit: Annotated[Expr, Slot(INT, within=(1, 10_000))] | None = Field(
        default=None, description="Points of one page; 100 if not given."
    )
    after: Annotated[Expr, Slot(nullable(STR))] | None = Field(
        default=None, description="Where to go on: `next` of the page before; none begins anew."
    )


def output(params: VectorScrollParams, site: Site) -> Type:
    """The points, and where the next page begins; `next` is none at the end."""
    payload = payload_of(params.payload_type, site)
    points = ListType(point_type(payload, scored=False, with_vector=params.with_vectors))
    return ObjectType((("points", FieldType(points)), ("next", FieldType(nullable(STR)))))


def emit(params: VectorScrollParams, scribe: Scribe) -> None:
    """One call of the runtime."""
    scroll = scribe.use("vectors", "scroll")
    arguments = ["ctx", pool(params, scribe), scribe.expr(params.collection)]
    for name, value in (("limit", params.limit), ("after", params.after)):
        if value is not None:
            arguments.append(f"{name}={scribe.expr(value)}")
    arguments += read_arguments(params, scribe)
    scribe.returns(f"await {scroll}({', '.join(arguments)})", ANY)


NODE = NodeType(
    kind="call",
    params=VectorScrollParams,
    output=output,
    check=check_read,
    emit=emit,
    safe_to_repeat=lambda params: True,
    example="""\
catalyst: 1
name: vector_scroll_example
input: {after: string?}
nodes:
  kept:
    type: vector_upsert
    with: {collection: books, points: [{id: sea, vector: [1, 0], payload: {title: The Sea}}]}
  page:
    type: vector_scroll
    needs: kept
    with: {collection: books, limit: 50, after: "{{ input.after }}"}
output: {ids: "{{ nodes.page.output.points | map(point => point.id) }}", next: "{{ nodes.page.output.next }}"}
""",
    example_input={},
)
