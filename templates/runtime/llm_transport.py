"""The connections under the SDKs of models: httpx2 as they want it, sent by aiohttp at a fraction of the cost."""

from collections.abc import AsyncIterator

import aiohttp
import httpx2 as httpx
from yarl import URL

from .http_client import open_session
from .http_proxies import Proxies


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Sends each request once; nothing is decoded here, and errors are those that httpx2 would raise."""

    def __init__(self) -> None:
        self._session = open_session()
        self._proxies = Proxies.from_env()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and give the answer as soon as its head is there."""
        url = URL(str(request.url), encoded=True)
        try:
            response = await self._session.request(
                request.method,
                url,
                headers=request.headers.multi_items(),
                data=await request.aread(),
                skip_auto_headers=("User-Agent", "Content-Type"),
                allow_redirects=False,
                auto_decompress=False,
                proxy=self._proxies.find(url) if self._proxies is not None else None,
            )
        except (aiohttp.ClientError, TimeoutError, UnicodeError) as error:
            raise _as_httpx(error, request) from error
        return httpx.Response(
            response.status, headers=list(response.raw_headers), stream=_Body(response, request), request=request
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()


class _Body(httpx.AsyncByteStream):
    """The body, chunk by chunk as it comes in."""

    def __init__(self, response: aiohttp.ClientResponse, request: httpx.Request) -> None:
        self._response = response
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content = self._response.content
        try:
            while chunk := await content.readany():
                yield chunk
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _as_httpx(error, self._request) from error

    async def aclose(self) -> None:
        """Keep the connection when the body was read to its end, close it otherwise."""
        self._response.close()


def _as_httpx(error: Exception, request: httpx.Request) -> httpx.TransportError:
    if isinstance(error, TimeoutError):
        return httpx.ConnectTimeout("connecting took too long", request=request)
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError | UnicodeError):
        return httpx.UnsupportedProtocol("the URL cannot be used", request=request)
    if isinstance(error, aiohttp.ClientConnectorError):
        return httpx.ConnectError("could not connect", request=request)
    return httpx.ReadError("the connection broke off", request=request)
