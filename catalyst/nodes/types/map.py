"""`map`: run the same nodes for each item of a list; the value is the list of results in input order."""

from typing import Annotated, Any, Literal

from pydantic import Field

from catalyst.expressions.types import ANY, ListType
from catalyst.nodes.base import NodeType
from catalyst.nodes.settings import BodySlot, Expr, Params, Slot


class MapParams(Params):
    """Settings of `map`."""

    over: Annotated[Expr, Slot(ListType(ANY))] = Field(description="The list.")
    as_: str = Field(default="item", alias="as", description="The name of the item inside the body.")
    index_as: str = Field(default="index", description="The name of the item's position, from 0, inside the body.")
    concurrency: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1, description="How many items are worked on at the same time."
    )
    batch: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="Work through the list in groups of this many items; a group starts when the one before has ended.",
    )
    on_item_error: Literal["fail", "skip", "collect"] = Field(
        default="fail",
        description=(
            "`fail` ends the node, `skip` leaves the item out, `collect` gives {results, errors: [{index, error}]}."
        ),
    )
    do: Annotated[Any, BodySlot()] = Field(description="The nodes that run for each item.")


NODE = NodeType(
    kind="control",
    params=MapParams,
    beside=frozenset({"over", "as", "index_as", "concurrency", "batch", "on_item_error", "do"}),
    example="""\
catalyst: 1
name: map_example
input: {names: "array<string>"}
nodes:
  greetings:
    type: map
    over: "{{ input.names }}"
    as: name
    do: {greeting: {type: set, with: {value: "{{ index + 1 }}. Hello {{ name }}"}}}
output: {greetings: "{{ nodes.greetings.output }}"}
""",
    example_input={"names": ["Ada", "Alan"]},
)
