"""Settings that are durations or points in time, as node types take them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError

from catalyst.expressions.types import ANY
from catalyst.nodes.settings import Expr, Slot
from catalyst.spec.problems import problem
from catalyst.spec.units import DURATION_SCHEMA, SHORTEST_PERIOD, TOO_SHORT_HELP, parse_duration


@dataclass(frozen=True)
class DurationSlot(Slot):
    """A duration such as `2s`, or an expression that gives seconds or such a text."""

    least: float = 0.0
    """How many seconds a constant must have at least."""

    def read(self, value: object) -> Expr:
        """Turn a constant into seconds."""
        expr = super().read(value)
        if not expr.is_constant:
            return expr
        try:
            seconds = parse_duration(str(expr.constant))
        except ValueError as error:
            raise PydanticCustomError("duration", "{reason}", {"reason": str(error)}) from error
        if seconds < self.least:
            raise problem("E145", f"`{expr.constant}` is shorter than a millisecond", help=TOO_SHORT_HELP)
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


DurationExpr = Annotated[Expr, DurationSlot(ANY)]
PeriodExpr = Annotated[Expr, DurationSlot(ANY, least=SHORTEST_PERIOD)]
"""A duration that something lasts: a millisecond at least."""
