"""`event`: send an event of the flow's own to whoever streams the run.

A client that asks for `text/event-stream` gets it under its name, with `{node, data}`. Where a trigger lists the
`events` that clients may see, the word `event` lets all of a flow's own through. The flow does not
wait for the client.
"""

import re
from typing import Annotated, Any

from pydantic import Field

from catalyst.expressions.types import NONE
from catalyst.nodes.base import NodeType, Scribe
from catalyst.nodes.settings import Params, ShapeSlot
from catalyst.spec.problems import Reader, problem
from catalyst.spec.triggers import STREAM_EVENTS

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)
_TAKEN = frozenset({*STREAM_EVENTS, "message", "open"})
"""Names that mean something else to the service or to a browser."""


def _read_name(value: Any) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise problem("E144", "this is no name of an event", help="write letters, digits, `_`, `-` and `.`: `progress`")
    if value in _TAKEN:
        raise problem("E144", f"`{value}` is an event of the service itself", help="give it another name")
    return str(value)


EventName = Annotated[str, Reader(_read_name, {"type": "string", "pattern": f"^{_NAME.pattern}$"})]


class EventParams(Params):
    """Settings of `event`."""

    name: EventName = Field(description="What the event is called.")
    data: Annotated[Any, ShapeSlot()] = Field(default=None, description="What it says.")


def emit(params: EventParams, scribe: Scribe) -> None:
    """One call of the runtime."""
    data = scribe.shape(params.data) if params.data is not None else "None"
    send = scribe.use("run_events", "send_event")
    scribe.body.line(f"{send}(ctx, {scribe.node_id!r}, {params.name!r}, {data})")


NODE = NodeType(
    kind="statement",
    params=EventParams,
    output=lambda params, site: NONE,
    emit=emit,
    example="""\
catalyst: 1
name: event_example
input: {files: array<string>}
nodes:
  begun: {type: event, with: {name: begun, data: {count: "{{ input.files | length }}"}}}
  listed: {type: set, needs: [begun], with: {value: "{{ input.files | sort }}"}}
output:
  files: {type: array<string>, value: "{{ nodes.listed.output }}", stream: true}
""",
    example_input={"files": ["b", "a"]},
)
