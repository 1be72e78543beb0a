"""HTTP calls of nodes: `await request_json(ctx, "GET", url, ADAPTER)`.

Errors have the kind `http` (the other side answered 4xx or 5xx; `upstream` is its status), `timeout`, `connection`,
`invalid_response` (not what was declared) or `redirect`.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar, Unpack, overload
from urllib.parse import urlencode

import httpx2 as httpx
import orjson
from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from .context import ExecutionContext
from .errors import FlowError
from .http_client import as_flow_error, open_client, ready
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

# What may go along to another origin; any other header may hold a secret.
_HARMLESS = frozenset({"accept", "accept-encoding", "content-length", "content-type", "host", "user-agent"})


async def _open() -> httpx.AsyncClient:
    return open_client()


HTTP: PoolKey[httpx.AsyncClient] = PoolKey("http", open=_open, close=httpx.AsyncClient.aclose, ready=ready)


class HostList(Protocol):
    """Decides which hosts a call may reach, and gives the client that holds to it."""

    def client(self, ctx: Context) -> httpx.AsyncClient:
        """A client that connects only to what is allowed."""

    def check(self, url: httpx.URL) -> None:
        """Raise a FlowError when the URL is not allowed."""


class RequestOptions(TypedDict, total=False):
    """What a call may be given. `json`, `form` and `content` exclude each other; sizes are bytes."""

    params: Mapping[str, Any]
    headers: Mapping[str, Any]
    json: object
    form: Mapping[str, Any]
    content: str | bytes
    follow_redirects: bool
    allow_hosts: HostList
    max_bytes: int


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
    _, content = await _exchange(ctx, method, url, options, accept="application/json")
    return parse_json(content, adapter)


async def request_text(ctx: Context, method: str, url: str, **options: Unpack[RequestOptions]) -> str:
    """The answer as text, in the encoding that it names, or UTF-8."""
    response, content = await _exchange(ctx, method, url, options)
    return _decode(response, content)


async def request_bytes(ctx: Context, method: str, url: str, **options: Unpack[RequestOptions]) -> bytes:
    """The answer as it is."""
    _, content = await _exchange(ctx, method, url, options)
    return content


async def request_full(ctx: Context, method: str, url: str, **options: Unpack[RequestOptions]) -> FullResponse:
    """Status, headers and body: parsed when the answer says that it is JSON, text otherwise."""
    response, content = await _exchange(ctx, method, url, options)
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = media_type == "application/json" or media_type.endswith("+json")
    body = parse_json(content, None) if is_json else _decode(response, content)
    return {"status": response.status_code, "headers": dict(response.headers), "body": body}


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


async def _exchange(
    ctx: Context, method: str, url: str, options: RequestOptions, accept: str = "*/*"
) -> tuple[httpx.Response, bytes]:
    """Send and receive. Raises FlowError for whatever is not a 2xx answer within the size limit."""
    hosts = options.get("allow_hosts")
    try:
        client = ctx.pools[HTTP] if hosts is None else hosts.client(ctx)
        request = _build(client, method, url, options, accept)
        if hosts is not None:
            hosts.check(request.url)
        response = await _send(client, request, options.get("follow_redirects", False), hosts)
        try:
            _refuse_failure(response)
            return response, await _read(response, options.get("max_bytes", MAX_RESPONSE))
        finally:
            await response.aclose()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        failure = as_flow_error(error)
        if failure is None:
            raise
        raise failure from error


def _build(client: httpx.AsyncClient, method: str, url: str, options: RequestOptions, accept: str) -> httpx.Request:
    headers = {"accept": accept}
    content: str | bytes | None = options.get("content")
    if "json" in options:
        content, headers["content-type"] = _json_bytes(options["json"]), "application/json"
    elif "form" in options:
        content, headers["content-type"] = urlencode(fields(options["form"]), True), "application/x-www-form-urlencoded"
    for name, value in options.get("headers", {}).items():
        headers[name.lower()] = header_value(value)
    target = httpx.URL(url)
    if options.get("params"):
        target = target.copy_merge_params(fields(options["params"]))
    return client.build_request(method, target, headers=headers, content=content)


def _json_bytes(value: object) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:
        # Integers above 64 bits, which orjson does not write.
        return json.dumps(value, separators=(",", ":")).encode()


async def _send(
    client: httpx.AsyncClient, request: httpx.Request, follow: bool, hosts: HostList | None
) -> httpx.Response:
    for _ in range(MAX_REDIRECTS + 1):
        response = await client.send(request, stream=True)
        if not follow or response.next_request is None:
            return response
        await response.aclose()
        request = _redirected(request, response.next_request, hosts)
    raise FlowError("too many redirects", kind="redirect", status=502)


def _redirected(before: httpx.Request, after: httpx.Request, hosts: HostList | None) -> httpx.Request:
    """The next request; to another host only when the flow allows that host, and then without the flow's headers."""
    if hosts is not None:
        hosts.check(after.url)
    elif before.url.host != after.url.host:
        raise FlowError(
            "redirected to another host",
            kind="redirect",
            status=502,
            detail="a redirect may leave the host only when `allow_hosts` names where it may go",
        )
    if (before.url.scheme, before.url.host, before.url.port) != (after.url.scheme, after.url.host, after.url.port):
        for name in [name for name in after.headers if name not in _HARMLESS]:
            del after.headers[name]
    return after


def _refuse_failure(response: httpx.Response) -> None:
    status = response.status_code
    if status < 300 or status == 304:
        return
    raise FlowError(
        f"the other side answered {status}",
        kind="http",
        status=502,
        upstream=status,
        retry_after=retry_after_seconds(response.headers.get("retry-after")),
    )


async def _read(response: httpx.Response, most: int) -> bytes:
    """The decoded body; stops reading as soon as there is too much of it."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > most:
            raise FlowError(f"the answer is larger than {most} bytes", kind="invalid_response", status=502)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _decode(response: httpx.Response, content: bytes) -> str:
    return content.decode(response.encoding or "utf-8", errors="replace")
