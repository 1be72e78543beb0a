"""Points in time. One without a time zone is taken as UTC."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from .errors import ExpressionError
from .values import is_number, kind_of

# Codes that `strftime` does not have everywhere: numbers without leading zeros, and milliseconds.
_EXTRA = re.compile(r"%%|%-([dmHIMSj])|%3f")


def to_datetime(value: Any, format: str | None = None) -> datetime:
    """The point in time of an ISO 8601 text, of a text in `format` (as for `strptime`), or of seconds since 1970."""
    if isinstance(value, datetime):
        return _with_zone(value)
    try:
        if is_number(value):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            return _with_zone(datetime.strptime(value, format) if format else datetime.fromisoformat(value))
    except (ValueError, OverflowError, OSError):
        wanted = f"a text in the format `{format}`" if format else "an ISO 8601 text"
        raise ExpressionError(f"`datetime` needs {wanted}") from None
    raise ExpressionError(f"`datetime` needs a string, a number or a datetime, not {kind_of(value)}")


def format_date(value: Any, format: str) -> str:
    """The point in time as text, in a format as for `strftime`."""
    moment = _moment("date", value)

    def extra(code: re.Match[str]) -> str:
        if code[0] == "%%":
            return "%%"
        if code[0] == "%3f":
            return f"{moment.microsecond // 1000:03d}"
        return str(int(moment.strftime(f"%{code[1]}")))

    return moment.strftime(_EXTRA.sub(extra, format))


def timestamp(value: Any) -> float:
    """Seconds since 1970."""
    return _moment("timestamp", value).timestamp()


def date_add(
    value: Any, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0, weeks: float = 0
) -> datetime:
    """The point in time moved by that much, back when negative."""
    moment = _moment("date_add", value)
    for amount in (days, hours, minutes, seconds, weeks):
        if not is_number(amount):
            raise ExpressionError(f"`date_add` needs numbers, not {kind_of(amount)}")
    try:
        return moment + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, weeks=weeks)
    except (OverflowError, ValueError):
        raise ExpressionError("the result of `date_add` is too far away") from None


def _moment(name: str, value: Any) -> datetime:
    if not isinstance(value, (datetime, str)):
        raise ExpressionError(f"`{name}` needs a datetime or an ISO 8601 text, not {kind_of(value)}")
    try:
        return _with_zone(datetime.fromisoformat(value) if isinstance(value, str) else value)
    except ValueError:
        raise ExpressionError(f"`{name}` needs a datetime or an ISO 8601 text") from None


def _with_zone(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
