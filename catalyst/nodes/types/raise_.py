"""`raise`: end the run with an error that the caller sees as a problem document."""

from typing import Annotated

from pydantic import Field

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import ANY, INT, NONE
from catalyst.nodes.base import NodeType
from catalyst.nodes.settings import Expr, Params, Slot


class RaiseParams(Params):
    """Settings of `raise`."""

    status: Annotated[Expr, Slot(INT, within=(400, 599))] = Field(
        default=Expr(INT, Sink.VALUE, 500),
        description="HTTP status of the answer, 400 to 599.",
        json_schema_extra={"default": 500},
    )
    title: Annotated[Expr, Slot(ANY, Sink.ERROR)] = Field(
        description="What went wrong, in a few words; the same for every case of it."
    )
    detail: Annotated[Expr, Slot(ANY, Sink.ERROR)] | None = Field(
        default=None, description="What went wrong this time."
    )


NODE = NodeType(
    kind="control",
    params=RaiseParams,
    output=lambda params, site: NONE,
    example="""\
catalyst: 1
name: raise_example
input: {stock: integer}
nodes:
  sold_out:
    type: raise
    if: "{{ input.stock < 1 }}"
    with: {status: 409, title: Sold out, detail: "{{ input.stock }} left"}
output: {left: "{{ input.stock }}"}
""",
    example_input={"stock": 3},
)
