"""What a run writes into the log: a record for each event, with workflow, execution id and node as fields."""

from time import monotonic_ns
from typing import Any, Literal

from .context import ExecutionContext
from .logs import write

Level = Literal["debug", "info", "warning", "error"]


def log_event(
    ctx: ExecutionContext[Any, Any, Any], level: Level, node: str, message: str, data: object = None, **fields: Any
) -> None:
    """Write one record: `message` and `data` (JSON data) of `node`, beside what identifies the run.

    `fields` are further facts of the runtime itself, such as the attempt.
    """
    write(level, message, workflow=ctx.workflow, execution_id=ctx.execution_id, node=node, data=data, **fields)


def log_node(ctx: ExecutionContext[Any, Any, Any], level: Level, node: str, message: str, data: object = None) -> None:
    """What a `log` node does: one record, and its time beside those of the other nodes."""
    began = monotonic_ns()
    log_event(ctx, level, node, message, data)
    ctx.set_timing(node, monotonic_ns() - began)
