"""`respond`: answer the caller now; what does not have to wait goes on in the background."""

from typing import Annotated, Any

from pydantic import Field

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import INT, NONE, OPEN_OBJECT
from catalyst.nodes.base import NodeType
from catalyst.nodes.headers import check_headers
from catalyst.nodes.settings import Expr, Params, ShapeSlot, Slot


class RespondParams(Params):
    """Settings of `respond`."""

    status: Annotated[Expr, Slot(INT, within=(200, 599))] = Field(
        default=Expr(INT, Sink.VALUE, 200),
        description="HTTP status of the answer, 200 to 599.",
        json_schema_extra={"default": 200},
    )
    headers: Annotated[Any, ShapeSlot(Sink.HEADER, OPEN_OBJECT)] = Field(
        default=None, description="Headers of the answer, name to value."
    )
    body: Annotated[Any, ShapeSlot(Sink.RESPONSE)] = Field(
        default=None, description="The answer: any YAML shape with expressions inside, sent as JSON."
    )


NODE = NodeType(
    kind="control",
    params=RespondParams,
    output=lambda params, site: NONE,
    check=lambda params, site: check_headers(params.headers, site),
    example="""\
catalyst: 1
name: respond_example
input: {name: string}
nodes:
  accepted: {type: respond, with: {status: 202, body: {accepted: "{{ input.name }}"}}}
  later: {type: log, needs: [accepted], with: {message: "working on {{ input.name }}"}}
""",
    example_input={"name": "Ada"},
)
