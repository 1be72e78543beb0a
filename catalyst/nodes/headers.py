"""What a flow may write as HTTP headers; shared by the node types that send some.

A name is a token of RFC 9110, and none that the client or the server sets itself. A constant value is visible ASCII, so
that it cannot break out of its line; values with expressions are checked when they are sent.
"""

from __future__ import annotations

import re

from catalyst.nodes.base import Site
from catalyst.nodes.settings import Expr, Shape

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?")
_NOT_OURS = frozenset(
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


def check_headers(headers: Shape | None, site: Site) -> None:
    """Report names that no header can have, and constant values that cannot be sent."""
    if not isinstance(headers, dict):
        return
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            _refuse(site, name, "it has characters that a header name cannot have")
        elif name.lower() in _NOT_OURS:
            _refuse(site, name, "it belongs to the connection and is set where it is sent")
        if isinstance(value, Expr) and value.is_constant and not _VALUE.fullmatch(str(value.constant)):
            message = f"the value of the header `{name}` cannot be sent"
            help_text = "values are visible ASCII on one line, without spaces around them"
            site.found.error("E413", message, site.span_of("headers", name), help=help_text)


def _refuse(site: Site, name: str, why: str) -> None:
    shown = name if name.isprintable() else ascii(name)[1:-1]
    site.found.error("E411", f"`{shown}` cannot be a header: {why}", site.span_of("headers", name))
