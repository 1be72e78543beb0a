"""`vector_delete`: delete points of a collection by their ids, or all that a filter finds."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.types import ANY, NONE, ListType
from catalyst.nodes.base import NodeType, Scribe
from catalyst.nodes.settings import Expr, Slot
from catalyst.nodes.vectors import FilteredParams, check_connection, pool
from catalyst.spec.fields import exactly_one


class VectorDeleteParams(FilteredParams):
    """Settings of `vector_delete`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("ids", "filter"))

    ids: Annotated[Expr, Slot(ListType(ANY))] | None = Field(default=None, description="The ids of the points.")

    @model_validator(mode="after")
    def says_what_to_delete(self) -> Self:
        """Ids or a filter; an empty filter would delete everything."""
        if (self.ids is None) == (self.filter is None):
            raise PydanticCustomError("one_of", "give either `ids` or `filter`")
        if self.filter == {}:
            raise PydanticCustomError("one_of", "an empty `filter` would delete everything")
        return self


def emit(params: VectorDeleteParams, scribe: Scribe) -> None:
    """One call of the runtime."""
    delete = scribe.use("vectors", "delete")
    which = f"ids={scribe.expr(params.ids)}" if params.ids is not None else f"filter={scribe.shape(params.filter)}"
    scribe.body.line(f"await {delete}(ctx, {pool(params, scribe)}, {scribe.expr(params.collection)}, {which})")


NODE = NodeType(
    kind="call",
    params=VectorDeleteParams,
    output=lambda params, site: NONE,
    check=check_connection,
    emit=emit,
    safe_to_repeat=lambda params: True,
    example="""\
catalyst: 1
name: vector_delete_example
input: {id: string}
nodes:
  kept:
    type: vector_upsert
    with: {collection: books, points: [{id: sea, vector: [1, 0]}, {id: sky, vector: [0, 1]}]}
  gone:
    type: vector_delete
    needs: kept
    with: {collection: books, ids: "{{ [input.id] }}"}
  left:
    type: vector_scroll
    needs: gone
    with: {collection: books}
output: {ids: "{{ nodes.left.output.points | map(point => point.id) }}"}
""",
    example_input={"id": "sea"},
)
