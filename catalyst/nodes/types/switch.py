"""`switch`: take the first case whose condition holds; the value is that of the branch taken."""

from typing import Annotated, Any

from pydantic import Field

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import ANY
from catalyst.nodes.base import NodeType
from catalyst.nodes.settings import BodySlot, Expr, Params, Slot


class Case(Params):
    """One case: a condition and the nodes that run when it holds."""

    when: Annotated[Expr, Slot(ANY, Sink.CONDITION)] = Field(description="The condition.")
    do: Annotated[Any, BodySlot()] = Field(description="The nodes of this branch.")


class SwitchParams(Params):
    """Settings of `switch`."""

    cases: list[Case] = Field(min_length=1, description="The cases, asked from top to bottom.")
    default: Annotated[Any, BodySlot()] | None = Field(
        default=None, description="The nodes that run when no case holds."
    )


NODE = NodeType(
    kind="control",
    params=SwitchParams,
    beside=frozenset({"cases", "default"}),
    example="""\
catalyst: 1
name: switch_example
input: {total: number}
nodes:
  size:
    type: switch
    cases:
      - when: "{{ input.total > 100 }}"
        do: {large: {type: set, with: {value: large}}}
      - when: "{{ input.total > 10 }}"
        do: {medium: {type: set, with: {value: medium}}}
    default: {small: {type: set, with: {value: small}}}
output: {size: "{{ nodes.size.output }}"}
""",
    example_input={"total": 20},
)
