"""Calls over HTTP/2, for nodes that ask for it: many at a time share one connection. By httpx2.

HTTP/2 is agreed on while TLS is set up; a service that does not speak it, and one without TLS, is called by HTTP/1.1.
"""

import httpx2 as httpx

from .http_exchange import Answer, HttpClient, Request, client_pool, succeeded, too_large
from .http_proxies import Proxies
from .httpx_client import from_httpx, open_httpx


class Http2Client(HttpClient):
    """Keeps connections but no cookies, and follows no redirect."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def send(self, request: Request, most: int) -> Answer:
        """The answer."""
        try:
            async with self._client.stream(
                request.method, str(request.url), headers=request.headers, content=request.content
            ) as response:
                content = await _read(response, most) if succeeded(response.status_code) else b""
                return Answer(response.status_code, response.headers, content)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failure = from_httpx(error)
            if failure is None:
                raise
            raise failure from error

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def ready(self) -> bool:
        """Whether the client can be used."""
        return not self._client.is_closed


async def _read(response: httpx.Response, most: int) -> bytes:
    """The decoded body; stops reading as soon as there is too much of it."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > most:
            raise too_large(most)
        chunks.append(chunk)
    return b"".join(chunks)


def _open() -> HttpClient:
    Proxies.from_env()  # httpx2 reads the environment itself, and tells the same mistakes less clearly
    return Http2Client(open_httpx(http2=True))


HTTP2 = client_pool("http2", _open)
