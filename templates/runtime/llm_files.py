"""Images and files for models: an upload, bytes, base64 text, or an address that the provider fetches by itself.

Goes in: whatever a flow names as a file. Comes out: an `Attachment`, which the provider's module writes in its own
protocol.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .errors import FlowError

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w=.+-]+)*;base64,", re.ASCII)

# How files of these kinds begin; what a caller says about its upload is often wrong or missing.
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
)


_ENDINGS = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "json": "application/json",
    "csv": "text/csv",
    "html": "text/html",
    "md": "text/markdown",
    "txt": "text/plain",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file for a model: its bytes, or where the provider finds it."""

    media_type: str
    data: bytes = field(default=b"", repr=False)
    url: str | None = None
    name: str = "file"

    @property
    def is_image(self) -> bool:
        """Whether it is something to look at."""
        return self.media_type.startswith("image/")

    @property
    def text(self) -> str | None:
        """What stands in it when it is plain text at hand. Raises FlowError when it only says that it is."""
        if self.url is not None or not (self.media_type.startswith("text/") or self.media_type == "application/json"):
            return None
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            raise _unusable("is not text in UTF-8") from None

    @property
    def base64(self) -> str:
        """The bytes as text."""
        return base64.b64encode(self.data).decode("ascii")

    @property
    def data_url(self) -> str:
        """The bytes as an address."""
        return f"data:{self.media_type};base64,{self.base64}"


def attached(file: object) -> Attachment:
    """The file as a model gets it: an upload, bytes, an address (`https:` or `data:`), or a map with `url`, `data` or
    `content`, and `media_type` where that does not show. Raises FlowError of kind `invalid_request`.
    """
    match file:
        case bytes():
            return _from_bytes(file, {})
        case str():
            return _from_url(file, {})
        case {"url": str(url), **about}:
            return _from_url(url, about)
        case {"content": bytes(data), **about} | {"data": bytes(data), **about}:
            return _from_bytes(data, about)
        case {"content": str(text), **about} | {"data": str(text), **about}:
            return _from_bytes(_decoded(text), about)
    raise _unusable("is neither an upload nor an address")


def _from_bytes(data: bytes, about: Mapping[Any, object]) -> Attachment:
    name = _name(about)
    kind = _beginning(data) or _told(about) or _guessed(name)
    if kind is None:
        raise _unusable("has no media type")
    return Attachment(kind, data, name=name)


def _from_url(url: str, about: Mapping[Any, object]) -> Attachment:
    if match := _DATA_URL.match(url):
        return _from_bytes(_decoded(url[match.end() :]), {"media_type": match[1], **about})
    if not url.startswith(("https://", "http://")):
        raise _unusable("has no address that begins with https:// or data:")
    # An address without a telling end is that of an image, as it is with the providers.
    kind = _told(about) or _guessed(urlsplit(url).path) or "image/*"
    return Attachment(kind, url=url, name=_name(about))


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise _unusable("is not base64 text") from None


def _beginning(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _BEGINNINGS if data.startswith(start)), None)


def _told(about: Mapping[Any, object]) -> str | None:
    told = about.get("media_type") or about.get("content_type")
    if not isinstance(told, str):
        return None
    kind = told.partition(";")[0].strip().lower()
    return None if kind == "application/octet-stream" else kind


def _guessed(name: str) -> str | None:
    return _ENDINGS.get(name.rpartition(".")[2].lower()) if "." in name else None


def _name(about: Mapping[Any, object]) -> str:
    name = about.get("name") or about.get("filename")
    return name if isinstance(name, str) else "file"


def _unusable(why: str) -> FlowError:
    return FlowError(f"a file for the model {why}", kind="invalid_request")
