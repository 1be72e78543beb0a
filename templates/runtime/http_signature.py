"""Signed HTTP calls: a header with the HMAC-SHA256 of the body, by which the other side knows who sent it."""

import hashlib
import hmac
from dataclasses import dataclass, field

from .errors import FlowError


@dataclass(frozen=True, slots=True)
class Signature:
    """The key, a secret, and the header that carries `sha256=` and the signature in hexadecimal digits."""

    key: str = field(repr=False)
    header: str = "X-Signature-256"

    def value(self, content: bytes) -> str:
        """The header's value for these bytes. Raises FlowError when there is no key to sign with."""
        if not self.key:
            raise FlowError("there is no key to sign the request with", kind="signature", status=500)
        return f"sha256={hmac.new(self.key.encode(), content, hashlib.sha256).hexdigest()}"
