"""Text written in another way: for URLs and HTML, in base64, and as a digest."""

import base64
import binascii
import hashlib
import hmac
import html
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from .errors import ExpressionError
from .text import some_text
from .values import MAX_TEXT, kind_of, limit

_DIGESTS = ("md5", "sha1", "sha256", "sha512")


def url_encode(value: Any) -> str:
    """Text with `%` codes for all but letters, digits and `-._~`; an object or a list of pairs as a query string."""
    if isinstance(value, dict):
        value = list(value.items())
    if not isinstance(value, list):
        return quote(_bytes("urlencode", value), safe="")
    if not all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in value):
        raise ExpressionError("`urlencode` needs a string, an object or an array of pairs")
    encoded = "&".join(f"{_query_part(key)}={_query_part(item)}" for key, item in value)
    limit("urlencode", len(encoded), MAX_TEXT, "characters")
    return encoded


def url_decode(value: Any) -> str:
    """Text with its `%` codes resolved."""
    _text("urldecode", value)
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise ExpressionError("`urldecode` needs `%` codes that stand for UTF-8 text") from None


def base64_encode(value: Any) -> str:
    """The UTF-8 bytes of the text in base64."""
    return base64.b64encode(_bytes("base64", value)).decode()


def base64_decode(value: Any) -> str:
    """The text whose UTF-8 bytes are written in base64, in the plain or the URL alphabet, with or without padding."""
    compact = "".join(_text("base64decode", value).split()).rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        raise ExpressionError("`base64decode` needs base64 of UTF-8 text") from None


def digest(value: Any, algorithm: str = "sha256") -> str:
    """The digest of the text, in hexadecimal; md5 and sha1 are for checksums, not for secrets."""
    if algorithm not in _DIGESTS:
        raise ExpressionError(f"the algorithm is one of {', '.join(_DIGESTS)}")
    return hashlib.new(algorithm, _bytes(algorithm, value), usedforsecurity=False).hexdigest()


def hmac_sha256(value: Any, key: str) -> str:
    """The HMAC of the text with a key, in hexadecimal."""
    return hmac.new(_bytes("hmac_sha256", key), _bytes("hmac_sha256", value), hashlib.sha256).hexdigest()


def escape_html(value: Any) -> str:
    """The text with the five characters that mean something in HTML escaped."""
    escaped = html.escape(_text("escape_html", value))
    limit("escape_html", len(escaped), MAX_TEXT, "characters")
    return escaped


def _query_part(value: Any) -> str:
    return quote_plus(some_text(value, "a part of `urlencode`").encode("utf-8", "replace"))


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"`{name}` needs a string, not {kind_of(value)}")
    return value


def _bytes(name: str, value: Any) -> bytes:
    encoded = _text(name, value).encode("utf-8", "replace")
    limit(name, len(encoded), MAX_TEXT // 3, "bytes")
    return encoded
