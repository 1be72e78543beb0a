"""`vector_payload`: read or change the payload of one point of a collection."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.types import ANY, INT, NONE, OPEN_OBJECT, STR, Type, UnionType, nullable
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.settings import Expr, ShapeSlot, Slot
from catalyst.nodes.vectors import PayloadType, VectorParams, check_store, payload_of, pool


class VectorPayloadParams(VectorParams):
    """Settings of `vector_payload`."""

    operation: Literal["get", "set", "replace", "remove"] = Field(
        default="get",
        description="Read the payload, lay keys over it, put another one in its place, or take keys away.",
    )
    id: Annotated[Expr, Slot(UnionType((STR, INT)))] = Field(description="The point's id.")
    payload: Annotated[Any, ShapeSlot(type=OPEN_OBJECT)] = Field(
        default=None, description="For `set` and `replace`: keys and values."
    )
    keys: list[str] = Field(default_factory=list, description="For `remove`: the keys to take away.")
    payload_type: PayloadType

    @model_validator(mode="after")
    def has_what_it_needs(self) -> Self:
        """Each operation takes its own setting."""
        wanted = {"set": "payload", "replace": "payload", "remove": "keys"}.get(self.operation)
        given = {name for name, value in (("payload", self.payload), ("keys", self.keys)) if value}
        if wanted is not None and wanted not in given:
            raise PydanticCustomError("one_of", f"`operation: {self.operation}` needs `{wanted}`")
        for name in sorted(given - {wanted}):
            raise PydanticCustomError("one_of", f"`operation: {self.operation}` takes no `{name}`")
        return self


def output(params: VectorPayloadParams, site: Site) -> Type:
    """The payload, or none where there is no such point; changes give nothing."""
    return nullable(payload_of(params.payload_type, site)) if params.operation == "get" else NONE


def emit(params: VectorPayloadParams, scribe: Scribe) -> None:
    """One call of the runtime."""
    given = f"ctx, {pool(params, scribe)}, {scribe.expr(params.collection)}, {scribe.expr(params.id)}"
    if params.operation == "get":
        scribe.returns(f"await {scribe.use('vectors', 'read_payload')}({given})", ANY)
        return
    change = scribe.use("vectors", "change_payload")
    what = repr(params.keys) if params.operation == "remove" else scribe.shape(params.payload)
    scribe.body.line(f"await {change}({given}, {params.operation}={what})")


NODE = NodeType(
    kind="call",
    params=VectorPayloadParams,
    output=output,
    check=check_store,
    emit=emit,
    safe_to_repeat=lambda params: True,
    example="""\
catalyst: 1
name: vector_payload_example
input: {title: string}
types:
  Book: {title: string, read: boolean}
nodes:
  kept:
    type: vector_upsert
    with: {collection: books, points: [{id: 1, vector: [1, 0], payload: {title: "{{ input.title }}", read: false}}]}
  marked:
    type: vector_payload
    needs: kept
    with: {collection: books, id: 1, operation: set, payload: {read: true}}
  book:
    type: vector_payload
    needs: marked
    with: {collection: books, id: 1, payload_type: Book}
output: {read: "{{ nodes.book.output?.read ?? false }}"}
""",
    example_input={"title": "The Sea"},
)
