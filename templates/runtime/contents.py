"""What is in a file, whatever form it comes in: text, bytes, or an uploaded file."""

import base64
import binascii
from typing import Any

from .errors import FlowError
from .values import kind_of

MAX_BYTES = 64 * 1024 * 1024


def text_of(content: Any, encoding: str = "utf-8") -> str:
    """The content as text, without a byte order mark. Raises FlowError for bytes that are none in the encoding."""
    inside = _inside(content)
    _limit(len(inside))
    if isinstance(inside, str):
        return inside.removeprefix("\ufeff")
    try:
        return str(inside, encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise FlowError(f"the content is not {encoding} text", kind="invalid_content", status=422) from None


def bytes_of(content: Any) -> bytes:
    """The content as bytes; text is base64, which is how bytes travel in JSON."""
    inside = _inside(content)
    _limit(len(inside))
    if isinstance(inside, bytes):
        return inside
    try:
        return base64.b64decode(inside, validate=True)
    except (binascii.Error, ValueError):
        raise FlowError("the content is text, and no base64", kind="invalid_content", status=422) from None


def is_text(content: Any) -> bool:
    """Whether the content is text already."""
    return isinstance(_inside(content), str)


def declares_entities(xml: bytes) -> bool:
    """Whether XML could unfold or fetch something: it has a declaration of entities, in whatever encoding."""
    # Without zero bytes UTF-16 and UTF-32 look like ASCII.
    return b"<!ENTITY" in xml.translate(None, b"\0")


def _inside(content: Any) -> str | bytes:
    """The content of an uploaded file, or what was given."""
    if isinstance(content, dict) and "content" in content:
        content = content["content"]
    if isinstance(content, str | bytes):
        return content
    raise FlowError(
        f"the content is {kind_of(content)}, and should be text, bytes or a file", kind="invalid_content", status=422
    )


def _limit(length: int) -> None:
    if length > MAX_BYTES:
        raise FlowError(f"the content is larger than {MAX_BYTES:,} bytes", kind="invalid_content", status=413)
