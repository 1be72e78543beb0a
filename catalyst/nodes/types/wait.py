"""`wait`: pause before the next node runs."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.types import DATETIME, NONE
from catalyst.nodes.base import NodeType, Scribe
from catalyst.nodes.durations import DurationExpr, MomentSlot
from catalyst.nodes.settings import Expr, Params
from catalyst.spec.fields import exactly_one


class WaitParams(Params):
    """Settings of `wait`: one of the two."""

    model_config = ConfigDict(json_schema_extra=exactly_one("for", "until"))

    for_: DurationExpr | None = Field(
        default=None,
        alias="for",
        description="How long: `200ms`, `2s`, `5m`; an expression gives seconds or such a text.",
    )
    until: Annotated[Expr, MomentSlot(DATETIME)] | None = Field(default=None, description="The moment to wait for.")

    @model_validator(mode="after")
    def one_of_two(self) -> Self:
        """Exactly one of `for` and `until`."""
        if (self.for_ is None) == (self.until is None):
            raise PydanticCustomError("one_of", "give either `for` or `until`")
        return self


def emit(params: WaitParams, scribe: Scribe) -> None:
    """Sleep; nothing is returned."""
    if params.until is not None:
        scribe.body.line(f"await {scribe.use('waiting', 'sleep_until')}({scribe.expr(params.until)})")
    elif params.for_ is not None and params.for_.is_constant:
        scribe.body.line(f"await {scribe.use_package('asyncio', '')}.sleep({params.for_.constant!r})")
    elif params.for_ is not None:
        scribe.body.line(f"await {scribe.use('waiting', 'sleep_for')}({scribe.expr(params.for_)})")


NODE = NodeType(
    kind="call",
    params=WaitParams,
    output=lambda params, site: NONE,
    emit=emit,
    default_timeout=None,
    example="""\
catalyst: 1
name: wait_example
nodes:
  pause: {type: wait, with: {for: 20ms}}
  done: {type: set, needs: [pause], with: {value: rested}}
output: {state: "{{ nodes.done.output }}"}
""",
)
