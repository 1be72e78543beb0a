"""How callers prove who they are: an API key in a header, a bearer token, or user and password.

The accepted keys stand in a declared secret, separated by commas, and are read once at start. They are compared as
hashes of one length, in constant time, and against every key, so that timing tells nothing.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr
from starlette.types import Scope

from .problems import RequestError
from .workflow import Check

ReadSecret = Callable[[Any], SecretStr]


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key in a header: `ApiKey(lambda secrets: secrets.api_keys)`."""

    keys: ReadSecret
    header: str = "X-API-Key"

    def check(self, secrets: Any) -> Check:
        """Checks the header against the keys."""
        name = self.header.lower().encode("ascii")
        return _checker(
            _keys_in(self.keys(secrets)),
            lambda scope: _header(scope, name),
            f'ApiKey realm="api", header="{self.header}"',
        )

    def scheme(self) -> dict[str, Any]:
        """The OpenAPI security scheme."""
        return {"type": "apiKey", "in": "header", "name": self.header}


@dataclass(frozen=True, slots=True)
class Bearer:
    """`Authorization: Bearer <token>`."""

    keys: ReadSecret

    def check(self, secrets: Any) -> Check:
        """Checks the token against the keys."""
        return _checker(
            _keys_in(self.keys(secrets)), lambda scope: _authorization(scope, b"bearer"), 'Bearer realm="api"'
        )

    def scheme(self) -> dict[str, Any]:
        """The OpenAPI security scheme."""
        return {"type": "http", "scheme": "bearer"}


@dataclass(frozen=True, slots=True)
class Basic:
    """`Authorization: Basic ...` with one user name and password, each a secret."""

    user: ReadSecret
    password: ReadSecret

    def check(self, secrets: Any) -> Check:
        """Checks user and password together."""
        pair = f"{self.user(secrets).get_secret_value()}:{self.password(secrets).get_secret_value()}"
        return _checker((pair,), _basic, 'Basic realm="api", charset="UTF-8"')

    def scheme(self) -> dict[str, Any]:
        """The OpenAPI security scheme."""
        return {"type": "http", "scheme": "basic"}


def _keys_in(secret: SecretStr) -> list[str]:
    """The accepted keys that stand in a secret, separated by commas."""
    return [key.strip() for key in secret.get_secret_value().split(",") if key.strip()]


def _checker(keys: Iterable[str], read: Callable[[Scope], bytes | None], challenge: str) -> Check:
    """A check that gives the caller a name made from the key's hash. Raises ValueError when there is no key at all."""
    accepted = tuple(_digest(key.encode()) for key in keys)
    if not accepted:
        raise ValueError("the secret that holds the accepted keys is empty")

    def check(scope: Scope) -> str:
        given = read(scope)
        digest = _digest(given if given is not None else b"")
        # A sum over all, not `any`, which would stop at the first that fits.
        if given is not None and sum([hmac.compare_digest(digest, key) for key in accepted]):
            return digest.hex()[:16]
        title = "The credentials are not valid" if given is not None else "Credentials are missing"
        raise RequestError(title, kind="unauthorized", status=401, headers=(("www-authenticate", challenge),))

    return check


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


def _header(scope: Scope, wanted: bytes) -> bytes | None:
    """The header's value; None when it is missing or stands there twice."""
    found = [value for name, value in scope["headers"] if name == wanted]
    return bytes(found[0]) if len(found) == 1 else None


def _authorization(scope: Scope, scheme: bytes) -> bytes | None:
    kind, _, value = (_header(scope, b"authorization") or b"").partition(b" ")
    return value.strip() if kind.lower() == scheme and value.strip() else None


def _basic(scope: Scope) -> bytes | None:
    try:
        return base64.b64decode(_authorization(scope, b"basic") or b"", validate=True) or None
    except binascii.Error:
        return None
