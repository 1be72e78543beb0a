"""`log`: write one line to the service's log."""

from typing import Annotated, Any, Literal

from pydantic import Field

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import ANY, NONE
from catalyst.nodes.base import NodeType, Scribe
from catalyst.nodes.settings import Expr, Params, ShapeSlot, Slot


class LogParams(Params):
    """Settings of `log`."""

    message: Annotated[Expr, Slot(ANY, Sink.LOG)] = Field(description="What to say.")
    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="How important it is.")
    data: Annotated[Any, ShapeSlot(Sink.LOG)] = Field(default=None, description="Values to keep beside the message.")


def emit(params: LogParams, scribe: Scribe) -> None:
    """One call of the runtime's log helper."""
    log_node = scribe.use("run_log", "log_node")
    data = f", {scribe.shape(params.data)}" if params.data is not None else ""
    scribe.body.line(f"{log_node}(ctx, {params.level!r}, {scribe.node_id!r}, {scribe.text(params.message)}{data})")


NODE = NodeType(
    kind="statement",
    params=LogParams,
    output=lambda params, site: NONE,
    emit=emit,
    example="""\
catalyst: 1
name: log_example
input: {name: string}
nodes:
  seen:
    type: log
    with: {message: "greeted {{ input.name }}", data: {length: "{{ input.name | length }}"}}
output: {ok: true}
""",
    example_input={"name": "Ada"},
)
