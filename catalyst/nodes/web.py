"""Addresses, headers and sign-in of services in settings; shared by the node types that call one over HTTP."""

from __future__ import annotations

import ast
import re
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.sinks import Sink
from catalyst.expressions.tree import Hole, Ref
from catalyst.expressions.types import STR, StrType
from catalyst.nodes.base import Scribe, Site
from catalyst.nodes.settings import Expr, Params, Shape, Slot
from catalyst.pysource.source import joined, to_source
from catalyst.spec.fields import exactly_one


class Basic(Params):
    """User and password."""

    user: Annotated[Expr, Slot(STR, Sink.AUTH)] = Field(description="The user's name.")
    password: Annotated[Expr, Slot(STR, Sink.AUTH)] = Field(description="The password, a secret.")


class HeaderAuth(Params):
    """A key in a header of its own."""

    name: str = Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", description="The header's name.")
    value: Annotated[Expr, Slot(STR, Sink.AUTH)] = Field(description="The key, a secret.")


class Auth(Params):
    """How to sign in: one of the three."""

    model_config = ConfigDict(json_schema_extra=exactly_one("bearer", "basic", "header"))

    bearer: Annotated[Expr, Slot(STR, Sink.AUTH)] | None = Field(
        default=None, description="`Authorization: Bearer ...`."
    )
    basic: Basic | None = Field(default=None, description="`Authorization: Basic ...`.")
    header: HeaderAuth | None = Field(default=None, description="A header with a key.")

    @model_validator(mode="after")
    def one_way(self) -> Self:
        """Exactly one way."""
        if [self.bearer, self.basic, self.header].count(None) != 2:
            raise PydanticCustomError("one_of", "give one of `bearer`, `basic` and `header`")
        return self


class Sign(Params):
    """A signature of the body, by which the other side knows who sent it."""

    key: Annotated[Expr, Slot(STR, Sink.AUTH)] = Field(description="The key that both sides know, a secret.")
    header: str = Field(
        default="X-Signature-256",
        pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
        description="The header with `sha256=` and the HMAC-SHA256 of the body, in hexadecimal digits.",
    )


def check_address(url: Expr, allow_hosts: list[str], site: Site) -> None:
    """Report an address that is none, or whose host nobody can vouch for."""
    span = site.span_of("url")
    if url.is_constant:
        if not re.match(r"https?://[^/?#\s]+", str(url.constant)):
            site.found.error(
                "E412",
                f"`{url.constant}` is not a web address",
                span,
                help="start it with https:// and a host, or with an environment variable: {{ env.API_URL }}/path",
            )
        return
    template = url.template
    if template is None:
        return
    first = template.parts[0]
    text = "" if isinstance(first, Hole) else first.value
    if re.match(r"https?://[^/?#{}\s]+[/?#]", text) or allow_hosts:
        return
    if not _host_is_configured(url, site):
        site.found.error(
            "E410",
            "the host of this address is computed",
            span,
            help="write the host into the flow, take it from `env`, or list what it may be in `allow_hosts`",
        )


def _host_is_configured(url: Expr, site: Site) -> bool:
    """Whether all that stands before the path comes from constants and the environment."""
    template = url.template
    assert template is not None
    for part in template.parts:
        if isinstance(part, Hole):
            if any(ref.kind not in ("env", "var") for ref in site.refs_in(url, part)):
                return False
        elif re.search(r"[/?#]", re.sub(r"^https?://", "", part.value)):
            return True
    return True


def headers_source(headers: Any, auth: Auth | None, scribe: Scribe) -> str:
    """The headers and the sign-in as one dict display."""
    pairs = [f"{name!r}: {_header(scribe, shape)}" for name, shape in (headers or {}).items()]
    if auth is not None:
        pairs.append(_auth(auth, scribe))
    return "{" + ", ".join(pairs) + "}" if pairs else ""


def _header(scribe: Scribe, shape: Shape) -> str:
    if isinstance(shape, Expr) and shape.is_constant:
        return repr(scribe.constant_text(shape.constant))
    return f"{scribe.use('http', 'header_value')}({scribe.shape(shape)})"


def _auth(auth: Auth, scribe: Scribe) -> str:
    if auth.bearer is not None:
        return f"'Authorization': {scribe.use('http', 'bearer')}({scribe.expr(auth.bearer)})"
    if auth.basic is not None:
        user, password = scribe.expr(auth.basic.user), scribe.expr(auth.basic.password)
        return f"'Authorization': {scribe.use('http', 'basic')}({user}, {password})"
    assert auth.header is not None
    return f"{auth.header.name!r}: {scribe.use('http', 'header_value')}({scribe.expr(auth.header.value)})"


def address_source(url: Expr, allow_hosts: list[str], scribe: Scribe) -> str:
    """The address: constant text as it is, the host's holes as they are, every other hole escaped for its place."""
    match scribe.parts(url):
        case [(whole, StrType(), refs)] if _is_base("", refs, allow_hosts):
            return to_source(whole)
    parts: list[str | ast.expr] = []
    seen = ""
    for part in scribe.parts(url):
        if isinstance(part, str):
            parts.append(part)
            seen += part
            continue
        tree, _, refs = part
        parts.append(tree if _is_base(seen, refs, allow_hosts) else _escaped(seen, tree, scribe))
        seen += "x"
    return to_source(joined(parts))


def _is_base(seen: str, refs: tuple[Ref, ...], allow_hosts: list[str]) -> bool:
    """Whether a hole stands before the path: a base address of the environment, or an allowed host."""
    before_path = not re.search(r"[/?#]", re.sub(r"^https?://", "", seen))
    configured = bool(refs) and all(ref.kind in ("env", "var") for ref in refs)
    return before_path and (configured or bool(allow_hosts))


def _escaped(seen: str, tree: ast.expr, scribe: Scribe) -> ast.expr:
    helper = scribe.use("http", "query_value" if "?" in seen else "segment")
    return ast.Call(ast.Name(helper, ast.Load()), [tree], [])
