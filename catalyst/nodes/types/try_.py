"""`try`: run nodes, catch the errors they end with, and clean up after them."""

from typing import Annotated, Any

from pydantic import Field

from catalyst.nodes.base import NodeType
from catalyst.nodes.settings import BodySlot, Params
from catalyst.spec.model import ErrorKind


class Catch(Params):
    """One handler: which errors it takes and the nodes that run then."""

    errors: list[ErrorKind] = Field(
        default_factory=list,
        description=(
            "Kinds of errors: `timeout`, `connection`, `4xx`, `409`, the class name of a Python error; none means all."
        ),
    )
    as_: str = Field(
        default="err",
        alias="as",
        description="The name of the error inside the handler: {kind, status, title, detail, node}.",
    )
    do: Annotated[Any, BodySlot()] = Field(description="The nodes of the handler.")


class TryParams(Params):
    """Settings of `try`."""

    do: Annotated[Any, BodySlot()] = Field(description="The nodes that may fail.")
    catch: list[Catch] = Field(default_factory=list, description="The handlers, asked from top to bottom.")
    finally_: Annotated[Any, BodySlot()] | None = Field(
        default=None, alias="finally", description="Nodes that run in any case, at the end."
    )


NODE = NodeType(
    kind="control",
    params=TryParams,
    beside=frozenset({"do", "catch", "finally"}),
    example="""\
catalyst: 1
name: try_example
input: {text: string}
nodes:
  number:
    type: try
    do: {parsed: {type: set, with: {value: "{{ input.text | int }}"}}}
    catch:
      - as: err
        do: {fallback: {type: set, with: {value: 0}}}
output: {number: "{{ nodes.number.output }}"}
""",
    example_input={"text": "12"},
)
