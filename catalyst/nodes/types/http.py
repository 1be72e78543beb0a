"""`http`: call an HTTP API; the output is the parsed answer."""

import ast
import re
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.sinks import Sink
from catalyst.expressions.tree import Hole, Ref
from catalyst.expressions.types import (
    ANY,
    BYTES,
    INT,
    OPEN_OBJECT,
    STR,
    FieldType,
    MapType,
    ObjectType,
    Type,
)
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.headers import check_headers
from catalyst.nodes.settings import Expr, Params, Shape, ShapeSlot, Slot
from catalyst.pysource.source import joined, to_source
from catalyst.spec.fields import at_most_one, exactly_one

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


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


class HttpParams(Params):
    """Settings of `http`."""

    model_config = ConfigDict(json_schema_extra=at_most_one("json", "form", "body"))

    method: Method = Field(default="GET", description="The HTTP method.")
    url: Annotated[Expr, Slot(STR, Sink.URL)] = Field(
        description="The address; values in its path are escaped, its host must be known or allowed."
    )
    params: Annotated[Any, ShapeSlot(Sink.QUERY, OPEN_OBJECT)] = Field(
        default=None, description="Query parameters, name to value; each must be there, none is refused."
    )
    headers: Annotated[Any, ShapeSlot(Sink.HEADER, OPEN_OBJECT)] = Field(
        default=None, description="Request headers, name to value."
    )
    json_: Annotated[Any, ShapeSlot()] = Field(default=None, alias="json", description="A body sent as JSON.")
    form: Annotated[Any, ShapeSlot(Sink.VALUE, OPEN_OBJECT)] = Field(default=None, description="A body sent as a form.")
    body: Annotated[Expr, Slot(ANY)] | None = Field(default=None, description="A body sent as it is: text or bytes.")
    auth: Auth | None = Field(default=None, description="How to sign in.")
    response: Literal["json", "text", "bytes", "full"] = Field(
        default="json",
        description="What the output is: the parsed body, its text, its bytes, or {status, headers, body}.",
    )
    follow_redirects: bool = Field(default=False, description="Whether to follow redirects.")
    allow_hosts: list[str] = Field(
        default_factory=list, description="Hosts that a computed address may have (`api.example.com`, `*.example.com`)."
    )
    http2: bool = Field(
        default=False, description="Whether to speak HTTP/2 where the service does; not together with `allow_hosts`."
    )

    @model_validator(mode="after")
    def one_client(self) -> Self:
        """Hosts that are decided at run time are called by the client that checks their addresses."""
        if self.http2 and self.allow_hosts:
            raise PydanticCustomError("one_of", "give one of `http2` and `allow_hosts`")
        return self

    @model_validator(mode="after")
    def one_body(self) -> Self:
        """At most one kind of body."""
        if [self.json_, self.form, self.body].count(None) < 2:
            raise PydanticCustomError("one_of", "give one of `json`, `form` and `body`")
        return self


FULL_RESPONSE = "http.FullResponse"


def output(params: HttpParams, site: Site) -> Type:
    """By `response`; JSON is what the node's `output:` says, else anything."""
    body = site.declared if site.declared is not None else ANY
    match params.response:
        case "text":
            return STR
        case "bytes":
            return BYTES
        case "full":
            fields = (("status", FieldType(INT)), ("headers", FieldType(MapType(STR))), ("body", FieldType(ANY)))
            return ObjectType(fields, FULL_RESPONSE)
        case _:
            return body


def check(params: HttpParams, site: Site) -> None:
    """The address must have a known host, the header names must be names."""
    _check_url(params, site)
    check_headers(params.headers, site)


def _check_url(params: HttpParams, site: Site) -> None:
    span = site.span_of("url")
    if params.url.is_constant:
        if not re.match(r"https?://[^/?#\s]+", str(params.url.constant)):
            site.found.error(
                "E412",
                f"`{params.url.constant}` is not a web address",
                span,
                help="start it with https:// and a host, or with an environment variable: {{ env.API_URL }}/path",
            )
        return
    template = params.url.template
    if template is None:
        return
    first = template.parts[0]
    text = "" if isinstance(first, Hole) else first.value
    if re.match(r"https?://[^/?#{}\s]+[/?#]", text) or params.allow_hosts:
        return
    if not _host_is_configured(params.url, site):
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


def emit(params: HttpParams, scribe: Scribe) -> None:
    """One call of the runtime's request helper, with what is set."""
    if not params.http2:
        scribe.pool("http", "HTTP")
    helper = scribe.use("http", f"request_{params.response}")
    arguments = ["ctx", repr(params.method), url_source(params, scribe)]
    if params.response == "json":
        arguments.append(scribe.adapter(scribe.output) if scribe.output != ANY else "None")
    arguments += [f"{name}={text}" for name, text in _options(params, scribe)]
    scribe.body.line(f"return await {helper}({', '.join(arguments)})")


def _options(params: HttpParams, scribe: Scribe) -> list[tuple[str, str]]:
    options: list[tuple[str, str]] = []
    if params.params is not None:
        options.append(("params", scribe.shape(params.params)))
    headers = _headers(params, scribe)
    if headers:
        options.append(("headers", headers))
    if params.json_ is not None:
        options.append(("json", scribe.shape(params.json_)))
    if params.form is not None:
        options.append(("form", scribe.shape(params.form)))
    if params.body is not None:
        options.append(("content", scribe.expr(params.body)))
    if params.follow_redirects:
        options.append(("follow_redirects", "True"))
    if params.http2:
        scribe.pool("http2", "HTTP2")
        options.append(("pool", scribe.use("http2", "HTTP2")))
    if params.allow_hosts:
        scribe.pool("http_guard", "GUARDED_HTTP")
        names = ", ".join(repr(host) for host in params.allow_hosts)
        options.append(("allow_hosts", f"{scribe.use('http_guard', 'allowed_hosts')}({names})"))
    return options


def _headers(params: HttpParams, scribe: Scribe) -> str:
    """The headers and the sign-in as one dict display."""
    pairs = [f"{name!r}: {_header(scribe, shape)}" for name, shape in (params.headers or {}).items()]
    if params.auth is not None:
        pairs.append(_auth(params.auth, scribe))
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


def url_source(params: HttpParams, scribe: Scribe) -> str:
    """The address: constant text as it is, the host's holes as they are, every other hole escaped for its place."""
    parts: list[str | ast.expr] = []
    seen = ""
    for part in scribe.parts(params.url):
        if isinstance(part, str):
            parts.append(part)
            seen += part
            continue
        tree, _, refs = part
        parts.append(tree if _is_base(seen, refs, params) else _escaped(seen, tree, scribe))
        seen += "x"
    return to_source(joined(parts))


def _is_base(seen: str, refs: tuple[Ref, ...], params: HttpParams) -> bool:
    """Whether a hole stands before the path: a base address of the environment, or an allowed host."""
    before_path = not re.search(r"[/?#]", re.sub(r"^https?://", "", seen))
    configured = bool(refs) and all(ref.kind in ("env", "var") for ref in refs)
    return before_path and (configured or bool(params.allow_hosts))


def _escaped(seen: str, tree: ast.expr, scribe: Scribe) -> ast.expr:
    helper = scribe.use("http", "query_value" if "?" in seen else "segment")
    return ast.Call(ast.Name(helper, ast.Load()), [tree], [])


NODE = NodeType(
    kind="call",
    params=HttpParams,
    output=output,
    check=check,
    emit=emit,
    safe_to_repeat=lambda params: params.method in ("GET", "HEAD", "OPTIONS"),
    example="""\
catalyst: 1
name: http_example
input: {id: integer}
env: {API_URL: "http://127.0.0.1:9100"}
types: {Person: {id: integer, name: string}}
nodes:
  person:
    type: http
    with: {url: "{{ env.API_URL }}/people/{{ input.id }}"}
    output: Person
output: {name: "{{ nodes.person.output.name }}"}
""",
    example_input={"id": 1},
)
