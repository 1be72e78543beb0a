"""Keeps calls whose host is decided at run time to allowed hosts, and away from private networks.

The address is checked where the connection is made, and the connection goes to the address that was checked: a name
that resolves differently a moment later, or a redirect, meets the same check.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpcore2
import httpx2 as httpx

from .context import ExecutionContext
from .errors import FlowError
from .http_client import LIMITS, open_client
from .pools import PoolKey

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Awaitable[list[str]]]


class BlockedHost(FlowError):
    """A call to a host or address that the flow does not allow."""

    def __init__(self) -> None:
        super().__init__("the host is not allowed", kind="blocked", status=502)


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """The hosts that a node may call: `api.example.com`, `*.example.com` (below it), `*` (any), addresses, networks.

    Whatever the name, every address it resolves to must be public, or be in one of the addresses and networks listed;
    `localhost` in the list allows the loopback addresses for that name.
    """

    names: tuple[str, ...]
    _networks: tuple[Network, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        networks = (_network(name) for name in self.names)
        object.__setattr__(self, "_networks", tuple(network for network in networks if network is not None))

    def client(self, ctx: ExecutionContext[Any, Any, Any]) -> httpx.AsyncClient:
        """The client that connects only to what this list allows."""
        return ctx.pools[GUARDED_HTTP].client(self)

    def check(self, url: httpx.URL) -> None:
        """Raise BlockedHost unless the URL is plain http or https, without a user name, to an allowed host."""
        if url.scheme not in {"http", "https"} or url.userinfo or not self.permits_host(url.host):
            raise BlockedHost()

    def permits_host(self, host: str) -> bool:
        """Whether the list names this host."""
        name = host.lower().rstrip(".")
        address = _address(name)
        if address is not None and any(address in network for network in self._networks):
            return True
        return name != "" and any(_names(pattern.lower(), name) for pattern in self.names)

    def permits_address(self, host: str, address: str) -> bool:
        """Whether a connection for `host` may go to `address`."""
        parsed = _address(address)
        if parsed is None:
            return False
        if _is_public(parsed) or any(parsed in network for network in self._networks):
            return True
        return host.lower().rstrip(".") == "localhost" and "localhost" in self.names and parsed.is_loopback


@lru_cache(maxsize=256)
def allowed_hosts(*names: str) -> AllowedHosts:
    """The list of these names; the same one for the same names."""
    return AllowedHosts(names)


def _names(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    return pattern in {"*", host}


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text.strip("[]"))
    except ValueError:
        return None


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None and not _is_public(inner):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_private)


async def _resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Resolves names itself, and connects only when all of a name's addresses are allowed."""

    def __init__(self, allowed: AllowedHosts, resolve: Resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the backend's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first of the checked addresses that answers."""
        if not self._allowed.permits_host(host):
            raise BlockedHost()
        failure: Exception = httpcore2.ConnectError("no address")
        for address in await self._checked_addresses(host, port, timeout):
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _checked_addresses(self, host: str, port: int, timeout: float | None) -> list[str]:  # noqa: ASYNC109
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError("the name cannot be resolved") from error
        if not all(self._allowed.permits_address(host, address) for address in addresses):
            raise BlockedHost()
        return addresses

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the backend's interface
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """No socket of this machine."""
        raise BlockedHost()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class _GuardedTransport(httpx.AsyncHTTPTransport):
    def __init__(self, allowed: AllowedHosts, resolve: Resolve) -> None:
        super().__init__(limits=LIMITS, trust_env=False)
        # The transport takes no backend, so its pool is replaced by one that has ours.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=LIMITS.max_connections,
            max_keepalive_connections=LIMITS.max_keepalive_connections,
            keepalive_expiry=LIMITS.keepalive_expiry,
            network_backend=_GuardedBackend(allowed, resolve),
        )


class GuardedClients:
    """A client for each list of allowed hosts: a kept connection is never used under another list."""

    def __init__(self, resolve: Resolve = _resolve, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._resolve = resolve
        self._transport = transport  # a test's stand-in for the network
        self._clients: dict[AllowedHosts, httpx.AsyncClient] = {}

    def client(self, allowed: AllowedHosts) -> httpx.AsyncClient:
        """The client for this list, opened when it is asked for first."""
        client = self._clients.get(allowed)
        if client is None:
            transport = self._transport or _GuardedTransport(allowed, self._resolve)
            client = self._clients[allowed] = open_client(transport)
        return client

    async def close(self) -> None:
        """Close all clients."""
        for client in self._clients.values():
            await client.aclose()


async def _open() -> GuardedClients:
    return GuardedClients()


async def _ready(clients: GuardedClients) -> bool:
    return True


GUARDED_HTTP: PoolKey[GuardedClients] = PoolKey("guarded_http", open=_open, close=GuardedClients.close, ready=_ready)
