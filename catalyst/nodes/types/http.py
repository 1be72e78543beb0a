"""`http`: call an HTTP API; the output is the parsed answer."""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.sinks import Sink
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
from catalyst.nodes.settings import Expr, Params, ShapeSlot, Slot
from catalyst.nodes.web import Auth, Sign, address_source, check_address, headers_source
from catalyst.spec.fields import at_most_one

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


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
    sign: Sign | None = Field(default=None, description="A header with a signature of the body.")
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
    check_address(params.url, params.allow_hosts, site)
    check_headers(params.headers, site)


def emit(params: HttpParams, scribe: Scribe) -> None:
    """One call of the runtime's request helper, with what is set."""
    if not params.http2:
        scribe.pool("http", "HTTP")
    helper = scribe.use("http", f"request_{params.response}")
    arguments = ["ctx", repr(params.method), address_source(params.url, params.allow_hosts, scribe)]
    if params.response == "json":
        arguments.append(scribe.adapter(scribe.output) if scribe.output != ANY else "None")
    arguments += [f"{name}={text}" for name, text in _options(params, scribe)]
    scribe.body.line(f"return await {helper}({', '.join(arguments)})")


def _options(params: HttpParams, scribe: Scribe) -> list[tuple[str, str]]:
    options: list[tuple[str, str]] = []
    if params.params is not None:
        options.append(("params", scribe.shape(params.params)))
    headers = headers_source(params.headers, params.auth, scribe)
    if headers:
        options.append(("headers", headers))
    if params.json_ is not None:
        options.append(("json", scribe.shape(params.json_)))
    if params.form is not None:
        options.append(("form", scribe.shape(params.form)))
    if params.body is not None:
        options.append(("content", scribe.expr(params.body)))
    if params.sign is not None:
        header = "" if params.sign.header == "X-Signature-256" else f", {params.sign.header!r}"
        made = scribe.use("http_signature", "Signature")
        options.append(("sign", f"{made}({scribe.expr(params.sign.key)}{header})"))
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
