"""Waits for a time that was computed."""

import asyncio
import re
from datetime import UTC, datetime

from .errors import ExpressionError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_NUMBER = r"\d{1,9}(?:\.\d{1,9})?"
_PART = re.compile(rf"({_NUMBER})(ms|s|m|h|d|w)")
_ALL = re.compile(rf"(?:{_NUMBER}(?:ms|s|m|h|d|w)){{1,6}}")
_ISO = re.compile(
    rf"P(?:(?P<W>{_NUMBER})W)?(?:(?P<D>{_NUMBER})D)?"
    rf"(?:T(?:(?P<H>{_NUMBER})H)?(?:(?P<M>{_NUMBER})M)?(?:(?P<S>{_NUMBER})S)?)?"
)
_ISO_UNITS = {"W": 604_800.0, "D": 86_400.0, "H": 3_600.0, "M": 60.0, "S": 1.0}


async def sleep_for(duration: object) -> None:
    """Wait for seconds, or for a text such as `200ms`, `1h30m` or `PT2S`. Raises ExpressionError for anything else."""
    await asyncio.sleep(seconds_of(duration, "for"))


async def sleep_until(moment: object) -> None:
    """Wait until a point in time, given as such or in ISO 8601 (UTC when it names no zone); the past is now."""
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            raise ExpressionError("`until` needs a point in time") from None
    if not isinstance(moment, datetime):
        raise ExpressionError("`until` needs a point in time")
    zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    await asyncio.sleep(max(0.0, (zoned - datetime.now(UTC)).total_seconds()))


def seconds_of(duration: object, setting: str) -> float:
    """Seconds as they are, or of a text such as `200ms`. Raises ExpressionError, which names the setting."""
    if isinstance(duration, int | float) and not isinstance(duration, bool) and 0 <= duration < float("inf"):
        return float(duration)
    if isinstance(duration, str):
        plain = duration.replace(" ", "")
        iso = _ISO.fullmatch(plain)
        parts = [(number, _ISO_UNITS[unit]) for unit, number in iso.groupdict().items() if number] if iso else []
        parts = parts or [(number, _UNITS[unit]) for number, unit in _PART.findall(plain) if _ALL.fullmatch(plain)]
        if parts:
            return sum(float(number) * seconds for number, seconds in parts)
    raise ExpressionError(f"`{setting}` needs seconds or a duration such as 2s")
