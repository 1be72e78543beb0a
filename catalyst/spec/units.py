"""Durations, sizes and rates as the flow file writes them.

`parse_duration` gives seconds, `parse_size` bytes, `parse_rate` a count and seconds; each raises `ValueError` with a
sentence for the author. `Duration`, `Size`, `Rate` and `Timeout` are the same as pydantic types.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from catalyst.spec.problems import Reader, kind_of, problem

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_WORDS = {"second": "s", "minute": "m", "hour": "h", "day": "d", "sec": "s", "min": "m", "seconds": "s"}
_BYTES = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3, "KIB": 1024, "MIB": 1024**2, "GIB": 1024**3}
_PART = r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h|d|w)"
_DURATION = re.compile(rf"(?:{_PART})+", re.ASCII)
_ONE_PART = re.compile(_PART, re.ASCII)
_ISO = re.compile(
    r"P(?:(\d{1,5})W|(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?)", re.ASCII
)
_ISO_SECONDS = (604800.0, 86400.0, 3600.0, 60.0, 1.0)
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?) ?([KMG]?i?B)", re.ASCII | re.IGNORECASE)
_RATE = re.compile(r"(\d{1,9}) ?/ ?(?:(\d{1,6})? ?([a-z]+))", re.ASCII)
LONGEST_DURATION = 366 * 86400.0
SHORTEST_PERIOD = 0.001
TOO_SHORT_HELP = "write a time in which something can happen, such as 200ms or 10s, or leave the setting out"
_DURATION_HELP = "write a number and a unit, such as 200ms, 10s, 5m, 24h or 7d"


def parse_duration(text: str) -> float:
    """Seconds of a duration such as `200ms`, `1h30m` or ISO 8601 `PT10S`. Raises ValueError."""
    if _DURATION.fullmatch(text):
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in _ONE_PART.findall(text))
    else:
        seconds = _iso_seconds(text)
    if seconds > LONGEST_DURATION:
        raise ValueError(f"`{text}` is longer than a year")
    return round(seconds, 9)


def _iso_seconds(text: str) -> float:
    match = _ISO.fullmatch(text)
    parts = match.groups() if match else ()
    if not any(part is not None for part in parts):
        raise ValueError(f"`{text[:40]}` is not a duration")
    return sum(float(part) * unit for part, unit in zip(parts, _ISO_SECONDS, strict=True) if part is not None)


def parse_size(text: str) -> int:
    """Bytes of a size such as `64KB` or `10MB` (a KB is 1,024 bytes). Raises ValueError."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"`{text[:40]}` is not a size")
    return int(float(match.group(1)) * _BYTES[match.group(2).upper()])


def duration_text(seconds: float) -> str:
    """A duration as one would write it: `200ms`, `5s`, `7d`."""
    if seconds < 1:
        return f"{seconds * 1000:g}ms"
    unit = next(unit for unit in ("d", "h", "m", "s") if unit == "s" or seconds % _SECONDS[unit] == 0)
    return f"{seconds / _SECONDS[unit]:g}{unit}"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `count` in any `seconds`."""

    count: int
    seconds: float


def parse_rate(text: str) -> RateLimit:
    """A rate such as `100/minute`, `5/s` or `20/10s`. Raises ValueError."""
    match = _RATE.fullmatch(text)
    unit = _WORDS.get(match.group(3), match.group(3)) if match else ""
    if match is None or unit not in _SECONDS or unit == "ms":
        raise ValueError(f"`{text[:40]}` is not a rate")
    count, every = int(match.group(1)), int(match.group(2) or 1)
    if count == 0 or every == 0:
        raise ValueError(f"the rate `{text}` would let nothing through")
    return RateLimit(count, every * _SECONDS[unit])


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """A timeout in seconds; None when the author wrote `none`."""

    seconds: float | None


def _read_duration(value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise problem("E145", f"`{value}` has no unit", help=f"write `{value}s` for seconds or `{value}ms`")
    if not isinstance(value, str):
        raise problem("E145", f"a duration is wanted, this is {kind_of(value)}", help=_DURATION_HELP)
    try:
        return parse_duration(value.strip())
    except ValueError as wrong:
        raise problem("E145", str(wrong), help=_DURATION_HELP) from wrong


def _read_period(value: Any) -> float:
    seconds = _read_duration(value)
    if seconds < SHORTEST_PERIOD:
        raise problem("E145", f"`{value}` is shorter than a millisecond", help=TOO_SHORT_HELP)
    return seconds


def _read_timeout(value: Any) -> TimeLimit:
    if isinstance(value, str) and value == "none":
        return TimeLimit(None)
    seconds = _read_duration(value)
    if seconds <= 0:
        raise problem("E145", "a timeout of zero would end everything at once", help="write `none` for no timeout")
    return TimeLimit(seconds)


def _read_size(value: Any) -> int:
    wanted = "write a number and a unit, such as 64KB or 10MB"
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if not isinstance(value, str):
        raise problem("E145", f"a size is wanted, this is {kind_of(value)}", help=wanted)
    try:
        size = parse_size(value.strip())
    except ValueError as wrong:
        raise problem("E145", str(wrong), help=wanted) from wrong
    if size == 0:
        raise problem("E145", "a size of zero would let nothing through", help=wanted)
    return size


def _read_rate(value: Any) -> RateLimit:
    wanted = "write a count and a time, such as 100/minute, 5/second or 20/10s"
    if not isinstance(value, str):
        raise problem("E145", f"a rate is wanted, this is {kind_of(value)}", help=wanted)
    try:
        return parse_rate(value.strip())
    except ValueError as wrong:
        raise problem("E145", str(wrong), help=wanted) from wrong


DURATION_SCHEMA = {
    "type": "string",
    "pattern": r"^((\d+(\.\d+)?(ms|s|m|h|d|w))+|P.+)$",
    "examples": ["200ms", "10s", "5m", "24h"],
}
"""JSON Schema of a duration as it is written."""

Duration = Annotated[float, Reader(_read_duration, DURATION_SCHEMA)]
"""Seconds, written as `200ms`, `10s`, `5m`, `24h`, `7d` or ISO 8601."""

Period = Annotated[float, Reader(_read_period, DURATION_SCHEMA)]
"""A duration that something lasts: a millisecond at least."""

Timeout = Annotated[TimeLimit, Reader(_read_timeout, {"anyOf": [DURATION_SCHEMA, {"const": "none"}]})]
"""A duration, or `none` for no limit."""

Size = Annotated[
    int,
    Reader(
        _read_size,
        {
            "anyOf": [
                {"type": "string", "pattern": r"^\d+(\.\d+)? ?[KMGkmg]?i?[Bb]$"},
                {"type": "integer", "minimum": 1},
            ]
        },
    ),
]
"""Bytes, written as `64KB` or `10MB`."""

Rate = Annotated[RateLimit, Reader(_read_rate, {"type": "string", "pattern": r"^\d+ ?/ ?\d* ?[a-z]+$"})]
"""A count in a time, written as `100/minute`."""
