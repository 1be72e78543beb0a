"""Events of a flow's own: what an `event` node says to whoever watches the run."""

from typing import Any

from .context import ExecutionContext


def send_event(ctx: ExecutionContext[Any, Any, Any], node: str, name: str, data: object) -> None:
    """Say something; nobody hears it when nobody watches."""
    if ctx.events is not None:
        ctx.events.own(node, name, data)
