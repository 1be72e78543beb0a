"""The HTTP client under the pools: HTTP/1.1 by aiohttp, over connections that are kept."""

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.http_exceptions import ContentEncodingError

from .errors import FlowError
from .http_exchange import (
    Answer,
    HttpClient,
    Request,
    invalid_url,
    succeeded,
    timed_out,
    too_large,
    undecodable,
    unreachable,
)
from .http_proxies import Proxies

# Idle connections are kept long enough for the next run, and not so long that the other side has closed them.
MAX_CONNECTIONS = 500
KEEP_SECONDS = 20.0

# Reading has no limit of its own here: the node's time limit bounds the whole call.
TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10.0)

MAX_HEADER_LINE = 65_536

# What may be sent again when a kept connection turns out to be closed; aiohttp does so with PUT and DELETE, too.
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

# Nobody knows what type a body has that the flow gave none.
_UNTYPED = ("Content-Type",)


class PooledClient(HttpClient):
    """Keeps connections but no cookies, and follows no redirect."""

    def __init__(self, resolver: AbstractResolver | None = None, proxies: Proxies | None = None) -> None:
        self._proxies = proxies
        self._session = open_session(resolver)

    async def send(self, request: Request, most: int) -> Answer:
        """The answer."""
        is_safe = request.method in _SAFE
        try:
            response = await self._session.request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.content,
                allow_redirects=False,
                proxy=self._proxies.find(request.url) if self._proxies is not None else None,
                skip_auto_headers=None if is_safe and request.content is None else _UNTYPED,
                middlewares=() if is_safe else _ONLY_ONCE,
            )
            if not succeeded(response.status):
                response.release()
                return Answer(response.status, response.headers)
            return Answer(response.status, response.headers, await _read(response, most))
        except (aiohttp.ClientError, TimeoutError, UnicodeError) as error:
            raise as_flow_error(error) from error

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def ready(self) -> bool:
        """Whether the client can be used."""
        return not self._session.closed


def open_session(resolver: AbstractResolver | None = None) -> aiohttp.ClientSession:
    """The connections, and what holds for all calls over them."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=MAX_CONNECTIONS,
            keepalive_timeout=KEEP_SECONDS,
            resolver=resolver or aiohttp.ThreadedResolver(),
        ),
        # Runs of different callers share the client, so a cookie that one got must not be sent for another.
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=TIMEOUT,
        max_line_size=MAX_HEADER_LINE,
        max_field_size=MAX_HEADER_LINE,
        # It would also send passwords from ~/.netrc; proxies are looked up by their own names instead.
        trust_env=False,
    )


def open_client() -> PooledClient:
    """A client that takes proxies from the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY)."""
    return PooledClient(proxies=Proxies.from_env())


def as_flow_error(error: Exception) -> FlowError:
    """The error of the flow for an error of aiohttp."""
    if isinstance(error, TimeoutError):
        return timed_out()
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError | UnicodeError):
        # A name with a part that is empty or too long is found out only when it is looked up.
        return invalid_url()
    if isinstance(error, aiohttp.ClientPayloadError) and isinstance(error.__cause__, ContentEncodingError):
        return undecodable()
    return unreachable()


async def _only_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """A broken connection as an error that aiohttp does not answer by sending again."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise as_flow_error(error) from error


_ONLY_ONCE = (_only_once,)


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The decoded body. The connection is free again at its end, and closed when it is not read so far."""
    try:
        chunk = await response.content.readany()
        if not response.content.at_eof() or len(chunk) > most:
            return await _read_on(response, chunk, most)
        return chunk
    except BaseException:
        response.close()
        raise


async def _read_on(response: aiohttp.ClientResponse, chunk: bytes, most: int) -> bytes:
    """A body of several chunks, of which the first one is there; stops as soon as there is too much of it."""
    chunks = []
    size = 0
    while chunk:
        size += len(chunk)
        if size > most:
            raise too_large(most)
        chunks.append(chunk)
        chunk = await response.content.readany()
    return b"".join(chunks)
