"""Values on their way into a request: as a part of a URL, a query, a header. What could change the request's meaning
is encoded or refused; no error shows the value."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from .errors import ExpressionError
from .text import some_text

MAX_HEADER = 8_192

# Visible ASCII with spaces inside: no line break, no control character, nothing two servers could read differently.
_HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


def segment(value: Any) -> str:
    """A value as one segment of a URL's path: all but letters, digits and `-._~` is encoded, slashes too.

    Raises ExpressionError for none, a list, an object, and for empty text, `.` and `..`, which would name another path.
    """
    plain = some_text(value, "a part of a URL")
    if plain in {"", ".", ".."}:
        raise ExpressionError("a part of a URL is empty or made of dots")
    return quote(plain, safe="", errors="surrogatepass")


def query_value(value: Any) -> str:
    """A value as part of a URL's query, encoded. Raises ExpressionError for none, a list, an object."""
    return quote(some_text(value, "a query value"), safe="", errors="surrogatepass")


def fields(values: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """The fields of a query or a form as text; a list gives its name several times. Raises ExpressionError for none."""
    return {name: _field(value) for name, value in values.items()}


def _field(value: Any) -> str | list[str]:
    if isinstance(value, list):
        return [some_text(item, "a query value") for item in value]
    return some_text(value, "a query value")


def header_value(value: Any) -> str:
    """A value as the value of a header. Raises ExpressionError for anything but visible ASCII with spaces inside."""
    plain = some_text(value, "a header's value")
    if len(plain) > MAX_HEADER or not _HEADER_VALUE.fullmatch(plain):
        raise ExpressionError("a header's value must be visible ASCII of at most 8 KB, without spaces around it")
    return plain


def retry_after_seconds(value: str | None) -> float | None:
    """The seconds that a `Retry-After` header asks for (a number or a date), or None."""
    if value is None:
        return None
    if re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", value.strip()):
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
