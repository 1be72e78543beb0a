"""The HTTP client under the pools, made in one place so that all of them behave alike."""

from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2 as httpx

from .errors import FlowError

# Idle connections are kept long enough for the next run, and not so long that the other side has closed them.
LIMITS = httpx.Limits(max_connections=500, max_keepalive_connections=100, keepalive_expiry=20.0)

# Reading has no limit of its own here: the node's time limit bounds the whole call.
TIMEOUT = httpx.Timeout(None, connect=10.0)


def open_client(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """A client that keeps connections but no cookies, and follows no redirect by itself.

    Proxies are taken from the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY) unless a transport is given.
    """
    # Runs of different callers share the client, so a cookie that one got must not be sent for another.
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx.AsyncClient(
        transport=transport,
        limits=LIMITS,
        timeout=TIMEOUT,
        cookies=no_cookies,
        follow_redirects=False,
        trust_env=transport is None,
    )


async def ready(client: httpx.AsyncClient) -> bool:
    """Whether the client can be used."""
    return not client.is_closed


def as_flow_error(error: Exception) -> FlowError | None:
    """The error of the flow for a transport error of the client, or None when it is something else."""
    if isinstance(error, httpx.TimeoutException):
        return FlowError("time ran out waiting for the other side", kind="timeout", status=504)
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return FlowError("the URL cannot be used", kind="invalid_url", status=500)
    if isinstance(error, httpx.DecodingError):
        return FlowError("the answer cannot be decoded", kind="invalid_response", status=502)
    if isinstance(error, httpx.TransportError):
        return FlowError("could not reach the other side", kind="connection", status=502)
    return None
