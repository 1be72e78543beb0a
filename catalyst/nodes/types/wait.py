"""`wait`: pause before the next node runs."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError

from catalyst.expressions.types import DATETIME, NONE
from catalyst.nodes.base import NodeType, Scribe
from catalyst.nodes.settings import Expr, Params, Slot
from catalyst.spec.fields import exactly_one
from catalyst.spec.units import DURATION_SCHEMA, parse_duration


class DurationSlot(Slot):
    """A duration such as `2s`, or an expression that gives seconds or such a text."""

    def read(self, value: object) -> Expr:
        """Turn a constant into seconds."""
        expr = super().read(value)
        if not expr.is_constant:
            return expr
        try:
            seconds = parse_duration(str(expr.constant))
        except ValueError as error:
            raise PydanticCustomError("duration", "{reason}", {"reason": str(error)}) from error
        return Expr(expr.expected, expr.sink, seconds)

    def constant_schema(self) -> JsonSchemaValue:
        """As it is written: a number and a unit."""
        return dict(DURATION_SCHEMA)


class MomentSlot(Slot):
    """A point in time in ISO 8601, or an expression that gives one."""

    def read(self, value: object) -> Expr:
        """Refuse a constant that is no point in time."""
        expr = super().read(value)
        if expr.is_constant:
            try:
                datetime.fromisoformat(str(expr.constant))
            except ValueError:
                wanted = "a point in time such as 2030-01-31T12:00:00Z"
                raise PydanticCustomError("constant_type", "expected {wanted}", {"wanted": wanted}) from None
        return expr


class WaitParams(Params):
    """Settings of `wait`: one of the two."""

    model_config = ConfigDict(json_schema_extra=exactly_one("for", "until"))

    for_: Annotated[Expr, DurationSlot()] | None = Field(
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
