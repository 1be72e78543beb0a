"""`loop`: repeat nodes while a condition holds, carrying a state from round to round; the value is the last state."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import ANY
from catalyst.nodes.base import NodeType
from catalyst.nodes.settings import AnyShape, BodySlot, Expr, Params, Slot
from catalyst.spec.fields import at_most_one


class LoopParams(Params):
    """Settings of `loop`."""

    model_config = ConfigDict(json_schema_extra=at_most_one("while", "until"))

    state: dict[str, AnyShape] = Field(
        default_factory=dict, description="The state before the first round: name to value."
    )
    while_: Annotated[Expr, Slot(ANY, Sink.CONDITION)] | None = Field(
        default=None, alias="while", description="Asked before each round: go on?"
    )
    until: Annotated[Expr, Slot(ANY, Sink.CONDITION)] | None = Field(
        default=None, description="Asked after each round: stop?"
    )
    max_iterations: Annotated[int, Field(ge=1, le=1_000_000)] = Field(description="The most rounds there may be.")
    do: Annotated[Any, BodySlot()] = Field(
        description="The nodes of a round; they read `loop.state.name` and `loop.index`."
    )
    next: dict[str, AnyShape] = Field(
        default_factory=dict, description="The state of the next round; what is not named stays."
    )

    @model_validator(mode="after")
    def one_condition(self) -> Self:
        """At most one of `while` and `until`."""
        if self.while_ is not None and self.until is not None:
            raise PydanticCustomError("one_of", "give either `while` or `until`, not both")
        return self


NODE = NodeType(
    kind="control",
    params=LoopParams,
    beside=frozenset({"state", "while", "until", "max_iterations", "do", "next"}),
    example="""\
catalyst: 1
name: loop_example
input: {limit: integer}
nodes:
  powers:
    type: loop
    state: {n: 1}
    while: "{{ loop.state.n < input.limit }}"
    max_iterations: 64
    do: {double: {type: set, with: {value: "{{ loop.state.n * 2 }}"}}}
    next: {n: "{{ nodes.double.output }}"}
output: {first_power_above: "{{ nodes.powers.output.n }}"}
""",
    example_input={"limit": 100},
)
