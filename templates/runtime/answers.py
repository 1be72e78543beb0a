"""What goes back over HTTP: JSON, replies of the workflow, and the headers around them."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from math import isfinite
from typing import Any

import orjson
from pydantic import BaseModel
from starlette.responses import Response

from .errors import ExpressionError, FlowError
from .reply import Reply

Headers = list[tuple[bytes, bytes]]

JSON = (b"content-type", b"application/json")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_BYTES = (b"content-type", b"application/octet-stream")
WITHOUT_BODY = frozenset((204, 205, 304))
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
# Printable ASCII that neither begins nor ends with a space: nothing that could end the line or start another header.
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,8190}[\x21-\x7e])?")
_SERVERS_OWN = frozenset(
    [
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)


@dataclass(slots=True)
class Answer:
    """A whole response, ready to be sent. Not frozen: that would double what making one costs."""

    status: int
    headers: Headers
    body: bytes


def to_json(value: object) -> bytes:
    """JSON as UTF-8. Bytes become base64 text; integers of any size stay exact. Raises TypeError for live objects, and
    ExpressionError for a number that is none or too large for a float."""
    try:
        written = orjson.dumps(value, default=_plain)
    except orjson.JSONEncodeError:
        # orjson stops at 64 bits and at lone surrogates; the standard library does not.
        try:
            written = json.dumps(value, default=_plain, separators=(",", ":"), allow_nan=False).encode()
        except ValueError:
            raise _not_json() from None
    if b"null" in written and not _is_finite(value):
        raise _not_json()  # orjson writes null for it, and nobody would notice
    return written


def _is_finite(value: object) -> bool:
    """Whether all its numbers are some that JSON has."""
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, Mapping):
        return all(map(_is_finite, value.values()))
    return not isinstance(value, list | tuple) or all(map(_is_finite, value))


def _not_json() -> ExpressionError:
    return ExpressionError("a number is too large, or none at all, and JSON cannot hold it")


def shown(value: object) -> object:
    """The value, or None for an object of the project's own Python: a flow may work with it, a client cannot see it.
    The same for numbers that JSON does not have."""
    try:
        to_json(value)
    except (TypeError, ExpressionError):
        return None
    return value


def _plain(value: object) -> object:
    if isinstance(value, date | time):
        return value.isoformat()  # the standard library's writer does not know them
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def check_header(name: str, value: str) -> tuple[bytes, bytes]:
    """The header as bytes. Raises FlowError when it could break out of its line or belongs to the server."""
    if not _NAME.fullmatch(name) or name.lower() in _SERVERS_OWN:
        raise FlowError("The reply has a header that may not be set", kind="header", status=500)
    if not _VALUE.fullmatch(value):
        raise FlowError("The reply has a header value that may not be sent", kind="header", status=500)
    return name.lower().encode("ascii"), value.encode("ascii")


def from_reply(reply: Reply) -> Answer:
    """The response that a workflow's own reply asks for. Raises FlowError when it cannot be sent."""
    if not 200 <= reply.status <= 599:
        raise FlowError("The reply has a status that may not be sent", kind="status", status=500)
    headers = [check_header(name, str(value)) for name, value in reply.headers.items()]
    body, kind = _reply_body(reply)
    if kind is not None and all(name != b"content-type" for name, _ in headers):
        headers.append(kind)
    if reply.status not in WITHOUT_BODY:
        headers.append((b"content-length", b"%d" % len(body)))
    return Answer(reply.status, headers, body)


def _reply_body(reply: Reply) -> tuple[bytes, tuple[bytes, bytes] | None]:
    """The body and its content type; no body at all when there is nothing to say."""
    body = reply.body
    if reply.status in WITHOUT_BODY or body is None:
        return b"", None
    if isinstance(body, str):
        return body.encode("utf-8", "replace"), _TEXT
    if isinstance(body, bytes | bytearray):
        return bytes(body), _BYTES
    return to_json(body), JSON


# Below a millisecond, where every node without I/O is: looking the text up takes a third of formatting a float.
_MICROSECONDS = tuple(f"0.{number:03d}" for number in range(1000))


def server_timing(total_ns: int, timings: Mapping[str, int]) -> bytes:
    """The value of `Server-Timing`: `total;dur=1.93, score;dur=1.2`, in milliseconds. Takes nanoseconds."""
    if "total" in timings:
        timings = _apart_from_total(timings)
    try:
        nodes = "".join([f", {node};dur={_MICROSECONDS[spent // 1000]}" for node, spent in timings.items()])
        return f"total;dur={_MICROSECONDS[total_ns // 1000]}{nodes}".encode("ascii")
    except IndexError:  # something took longer
        nodes = "".join([f", {node};dur={spent / 1e6:.3f}" for node, spent in timings.items()])
        return f"total;dur={total_ns / 1e6:.3f}{nodes}".encode("ascii")


def in_milliseconds(total_ns: int, timings: Mapping[str, int]) -> dict[str, float]:
    """Timings as they stand in a body: milliseconds, to the microsecond, those of the whole run as `total`."""
    spent_by = {"total": total_ns, **_apart_from_total(timings)}
    return {name: round(spent / 1e6, 3) for name, spent in spent_by.items()}


def _apart_from_total(timings: Mapping[str, int]) -> dict[str, int]:
    """The timings with a node that is called `total` under a name that cannot be taken for the whole run."""
    return {"nodes.total" if node == "total" else node: spent for node, spent in timings.items()}


class JsonResponse(Response):
    """A response for routes written by hand; quicker than the stock one."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The content as JSON."""
        return to_json(content)
