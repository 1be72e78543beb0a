"""Files that callers send inside JSON."""

from pydantic import Base64Bytes
from typing_extensions import TypedDict


class UploadedFile(TypedDict):
    """A file: its name, its media type, and its content, which travels as base64 text."""

    filename: str
    content_type: str
    content: Base64Bytes
