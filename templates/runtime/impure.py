"""What is different each time: the clock, chance, and new identifiers."""

import random
import uuid
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import ExpressionError


def now(tz: str = "UTC") -> datetime:
    """The time, in a time zone such as `Europe/Berlin`."""
    if tz == "UTC":
        return datetime.now(UTC)
    try:
        return datetime.now(ZoneInfo(tz))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ExpressionError("`now` needs the name of a time zone, such as `Europe/Berlin`") from None


def new_uuid() -> str:
    """A new random identifier."""
    return str(uuid.uuid4())


def random_number() -> float:
    """A random number from 0 up to, but not including, 1; not for secrets."""
    return random.random()  # noqa: S311 - the docstring says so
