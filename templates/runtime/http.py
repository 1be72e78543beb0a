"""HTTP calls of nodes: `await request_json(ctx, "GET", url, ADAPTER)`.

Errors have the kind `http` (the other side answered 4xx or 5xx; `upstream` is its status), `timeout`, `connection`,
`invalid_response` (not what was declared) or `redirect`.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar, Unpack, overload
from urllib.parse import urlencode

import orjson
from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict
from yarl import URL

from .answers import to_json
from .context import ExecutionContext
from .errors import FlowError
from .http_client import open_client
from .http_exchange import Answer, HttpClient, Request, client_pool, invalid_url, succeeded
from .http_url import redirected, web_address, with_query
from .http_values import fields, header_value, query_value, retry_after_seconds, segment
from .pools import PoolKey

__all__ = [
    "HTTP",
    "basic",
    "bearer",
    "header_value",
    "query_value",
    "request_bytes",
    "request_full",
    "request_json",
    "request_text",
    "segment",
]

T = TypeVar("T")
Context = ExecutionContext[Any, Any, Any]

MAX_RESPONSE = 10 * 1024 * 1024
MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)

# What may go along to another origin; any other header may hold a secret.
_HARMLESS = frozenset({"accept", "accept-encoding", "content-length", "content-type", "host", "user-agent"})


HTTP = client_pool("http", open_client)


class HostList(Protocol):
    """Decides which hosts a call may reach, and gives the client that holds to it."""

    def client(self, ctx: Context) -> HttpClient:
        """A client that connects only to what is allowed."""

    def check(self, url: URL | None) -> None:
        """Raise a FlowError when the URL is not allowed, or None: no address of the web."""


class Signer(Protocol):
    """Signs the bytes that are sent."""

    @property
    def header(self) -> str:
        """The header that carries the signature."""

    def value(self, content: bytes) -> str:
        """What the header says."""


class RequestOptions(TypedDict, total=False):
    """What a call may be given. `json`, `form` and `content` exclude each other; sizes are bytes.

    `pool` is another client than the usual one.
    """

    params: Mapping[str, Any]
    headers: Mapping[str, Any]
    json: object
    form: Mapping[str, Any]
    content: str | bytes
    follow_redirects: bool
    sign: Signer
    allow_hosts: HostList
    max_bytes: int
    pool: PoolKey[HttpClient]


class FullResponse(TypedDict):
    """An answer with its status and headers (names in lower case)."""

    status: int
    headers: dict[str, str]
    body: Any


@overload
async def request_json(
    ctx: Context, method: str, url: str, adapter: None = None, **options: Unpack[RequestOptions]
) -> Any: ...


@overload
async def request_json(
    ctx: Context, method: str, url: str, adapter: TypeAdapter[T], **options: Unpack[RequestOptions]
) -> T: ...


async def request_json(
    ctx: Context, method: str, url: str, adapter: TypeAdapter[T] | None = None, **options: Unpack[RequestOptions]
) -> T | Any:
    """The JSON answer, checked against `adapter` when there is one; an empty answer is None."""
    answer = await _exchange(ctx, method, url, options, accept="application/json")
    return parse_json(answer.content, adapter)


async def request_text(ctx: Context, method: str, url: str, **options: Unpack[RequestOptions]) -> str:
    """The answer as text, in the encoding that it names, or UTF-8."""
    return _text(await _exchange(ctx, method, url, options))


async def request_bytes(ctx: Context, method: str, url: str, **options: Unpack[RequestOptions]) -> bytes:
    """The answer as it is."""
    return (await _exchange(ctx, method, url, options)).content


async def request_full(ctx: Context, method: str, url: str, **options: Unpack[RequestOptions]) -> FullResponse:
    """Status, headers and body: parsed when the answer says that it is JSON, text otherwise."""
    answer = await _exchange(ctx, method, url, options)
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = media_type == "application/json" or media_type.endswith("+json")
    body = parse_json(answer.content, None) if is_json else _text(answer)
    return {"status": answer.status, "headers": _plain_headers(answer), "body": body}


def bearer(token: str) -> str:
    """The `Authorization` header of a bearer token."""
    return header_value(f"Bearer {token}")


def basic(user: str, password: str) -> str:
    """The `Authorization` header of a user name and password."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def parse_json(content: bytes, adapter: TypeAdapter[T] | None) -> T | Any:
    """JSON text as data of the adapter's type. Raises FlowError of kind `invalid_response`."""
    try:
        if adapter is None:
            return orjson.loads(content) if content else None
        return adapter.validate_json(content) if content else adapter.validate_python(None)
    except ValidationError as error:
        places = ", ".join(sorted({".".join(map(str, problem["loc"])) or "the answer" for problem in _problems(error)}))
        raise FlowError(
            "the answer has another shape than declared",
            kind="invalid_response",
            status=502,
            detail=f"not as declared: {places[:500]}",
        ) from None
    except orjson.JSONDecodeError:
        raise FlowError("the answer is not JSON", kind="invalid_response", status=502) from None


def _problems(error: ValidationError) -> list[Any]:
    # Without the input: the text of this error may be shown.
    return list(error.errors(include_url=False, include_context=False, include_input=False))


async def _exchange(ctx: Context, method: str, url: str, options: RequestOptions, accept: str = "*/*") -> Answer:
    """Send and receive. Raises FlowError for whatever is not a 2xx answer within the size limit."""
    hosts = options.get("allow_hosts")
    client = ctx.pools[options.get("pool", HTTP)] if hosts is None else hosts.client(ctx)
    request = _build(method, web_address(url), options, accept)
    most = options.get("max_bytes", MAX_RESPONSE)
    answer = await client.send(request, most)
    if options.get("follow_redirects", False):
        answer = await _follow(client, request, answer, hosts, most)
    if not succeeded(answer.status):
        raise _failure(answer)
    return answer


def _build(method: str, url: URL | None, options: RequestOptions, accept: str) -> Request:
    """The request that is sent first."""
    if (hosts := options.get("allow_hosts")) is not None:
        hosts.check(url)
    if url is None:
        raise invalid_url()
    headers = {"accept": accept}
    content = options.get("content")
    if "json" in options:
        content, headers["content-type"] = to_json(options["json"]), "application/json"
    elif "form" in options:
        content, headers["content-type"] = urlencode(fields(options["form"]), True), "application/x-www-form-urlencoded"
    for name, value in options.get("headers", {}).items():
        headers[name.lower()] = header_value(value)
    if options.get("params"):
        url = with_query(url, fields(options["params"]))
    content = content.encode() if isinstance(content, str) else content
    if (signer := options.get("sign")) is not None:
        headers[signer.header.lower()] = signer.value(content or b"")
    return _signed_in(Request(method, url, headers, content))


def _signed_in(request: Request) -> Request:
    """The same request with the user and password of its address as a header."""
    url = request.url
    if url.raw_user is None:
        return request
    headers = {"authorization": basic(url.user or "", url.password or ""), **request.headers}
    return replace(request, url=url.with_user(None), headers=headers)


async def _follow(client: HttpClient, request: Request, answer: Answer, hosts: HostList | None, most: int) -> Answer:
    """The answer at the end of the redirects, if there are any."""
    for _ in range(MAX_REDIRECTS):
        location = _location(answer)
        if location is None:
            return answer
        request = _redirected(request, answer.status, redirected(request.url, location), hosts)
        answer = await client.send(request, most)
    if _location(answer) is not None:
        raise FlowError("too many redirects", kind="redirect", status=502)
    return answer


def _location(answer: Answer) -> str | None:
    """Where the answer sends the caller, if it does."""
    return answer.headers.get("location") or None if answer.status in _REDIRECTS else None


def _redirected(before: Request, status: int, url: URL | None, hosts: HostList | None) -> Request:
    """The next request; to another host only when the flow allows that host, and then without the flow's headers."""
    if hosts is not None:
        hosts.check(url)
    if url is None:
        raise FlowError("redirected to what is no web address", kind="redirect", status=502)
    if hosts is None and before.url.raw_host != url.raw_host:
        raise FlowError(
            "redirected to another host",
            kind="redirect",
            status=502,
            detail="a redirect may leave the host only when `allow_hosts` names where it may go",
        )
    headers = before.headers
    if before.url.origin() != url.origin():
        headers = {name: value for name, value in headers.items() if name in _HARMLESS}
    if _becomes_get(before.method, status):
        headers = {name: value for name, value in headers.items() if name != "content-type"}
        return _signed_in(Request("GET", url, headers))
    return _signed_in(replace(before, url=url, headers=headers))


def _becomes_get(method: str, status: int) -> bool:
    """Whether what follows is asked for with GET and without a body, as browsers do."""
    return (status in {302, 303} and method != "HEAD") or (status == 301 and method == "POST")


def _failure(answer: Answer) -> FlowError:
    return FlowError(
        f"the other side answered {answer.status}",
        kind="http",
        status=502,
        upstream=answer.status,
        retry_after=retry_after_seconds(answer.headers.get("retry-after")),
    )


def _plain_headers(answer: Answer) -> dict[str, str]:
    """The headers with names in lower case; one that came several times is joined."""
    plain: dict[str, str] = {}
    for name, value in answer.headers.items():
        key, text = name.lower(), _readable(value)
        plain[key] = f"{plain[key]}, {text}" if key in plain else text
    return plain


def _readable(value: str) -> str:
    """A header's value; the bytes of one that is not UTF-8 are taken for Latin-1."""
    raw = value.encode(errors="surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _text(answer: Answer) -> str:
    """The body in the encoding that it names, or UTF-8."""
    named = _CHARSET.search(answer.headers.get("content-type", ""))
    try:
        return answer.content.decode(named[1] if named else "utf-8", errors="replace")
    except (LookupError, ValueError):
        # An encoding that nobody knows.
        return answer.content.decode(errors="replace")
