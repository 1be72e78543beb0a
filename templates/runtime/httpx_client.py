"""httpx2 clients, made in one place so that all of them behave alike: for the SDKs of models, and for HTTP/2."""

from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2 as httpx

from .errors import FlowError
from .http_exchange import invalid_url, timed_out, undecodable, unreachable

# Idle connections are kept long enough for the next run, and not so long that the other side has closed them.
LIMITS = httpx.Limits(max_connections=500, max_keepalive_connections=100, keepalive_expiry=20.0)

# Reading has no limit of its own here: the node's time limit bounds the whole call.
TIMEOUT = httpx.Timeout(None, connect=10.0)


def open_httpx(transport: httpx.AsyncBaseTransport | None = None, *, http2: bool = False) -> httpx.AsyncClient:
    """A client that keeps connections but no cookies, and follows no redirect by itself.

    Proxies are taken from the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY) unless a transport is given. `http2` is
    used where the other side speaks it, HTTP/1.1 otherwise.
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
        http1=True,
        http2=http2,
    )


def from_httpx(error: Exception) -> FlowError | None:
    """The error of the flow for a transport error of the client, or None when it is something else."""
    if isinstance(error, httpx.TimeoutException):
        return timed_out()
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return invalid_url()
    if isinstance(error, httpx.DecodingError):
        return undecodable()
    if isinstance(error, httpx.TransportError):
        return unreachable()
    return None
