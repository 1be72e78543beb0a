"""Settings that are durations or points in time, as node types take them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError

from catalyst.expressions.types import ANY
from catalyst.nodes.settings import Expr, Slot
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


DurationExpr = Annotated[Expr, DurationSlot(ANY)]
