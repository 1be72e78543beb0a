"""Keeps calls whose host is decided at run time to allowed hosts, and away from private networks.

The address is checked where the connection is made, and the connection goes to the address that was checked: a name
that resolves differently a moment later, or a redirect, meets the same check.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from .context import ExecutionContext
from .errors import FlowError
from .http_client import PooledClient
from .http_exchange import HttpClient, unreachable
from .http_url import web_address
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
    _patterns: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _networks: tuple[Network, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        networks = (_network(name) for name in self.names)
        object.__setattr__(self, "_patterns", tuple(_as_asked(name) for name in self.names))
        object.__setattr__(self, "_networks", tuple(network for network in networks if network is not None))

    def client(self, ctx: ExecutionContext[Any, Any, Any]) -> HttpClient:
        """The client that connects only to what this list allows."""
        return ctx.pools[GUARDED_HTTP].client(self)

    def check(self, url: URL | None) -> None:
        """Raise BlockedHost unless the URL is plain http or https, without a user name, to an allowed host."""
        host = url.raw_host if url is not None else None
        if url is None or host is None or url.raw_user is not None or not self.permits_host(host):
            raise BlockedHost()
        # Nobody resolves an address, so this is where it is looked at.
        if _is_literal(host) and not self.permits_address(host, host):
            raise BlockedHost()

    def permits_host(self, host: str) -> bool:
        """Whether the list names this host."""
        name = host.lower().rstrip(".")
        address = _address(name)
        if address is not None and any(address in network for network in self._networks):
            return True
        return name != "" and any(_names(pattern, name) for pattern in self._patterns)

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


def _as_asked(name: str) -> str:
    """A name of the list as it stands in requests: in lower case, other scripts encoded."""
    star, below = ("*.", name[2:]) if name.startswith("*.") else ("", name)
    url = web_address(f"http://{below}/") if not name.isascii() else None
    return star + (url.raw_host if url is not None and url.raw_host is not None else below).lower()


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


def _is_literal(host: str) -> bool:
    """Whether a host is an address, or looks like one: `127.1` and `2130706433` are also taken for such."""
    return ":" in host or host.replace(".", "").isdigit()


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None and not _is_public(inner):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_private)


async def _resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _CheckedResolver(AbstractResolver):
    """Resolves names itself, and gives addresses to connect to only when all of a name's addresses are allowed."""

    def __init__(self, allowed: AllowedHosts, resolve: Resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The checked addresses; connections go to these and no others."""
        if not self._allowed.permits_host(host):
            raise BlockedHost()
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise unreachable() from error
        if not all(self._allowed.permits_address(host, address) for address in addresses):
            raise BlockedHost()
        return [_result(host, address, port) for address in addresses]

    async def close(self) -> None:
        """Nothing is kept."""


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return {
        "hostname": host,
        "host": address,
        "port": port,
        "family": family,
        "proto": socket.IPPROTO_TCP,
        "flags": socket.AI_NUMERICHOST,
    }


class GuardedClients:
    """A client for each list of allowed hosts: a kept connection is never used under another list."""

    def __init__(self, resolve: Resolve = _resolve, instead: HttpClient | None = None) -> None:
        self._resolve = resolve
        self._instead = instead  # a test's stand-in for the network
        self._clients: dict[AllowedHosts, HttpClient] = {}

    def client(self, allowed: AllowedHosts) -> HttpClient:
        """The client for this list, opened when it is asked for first. It uses no proxy: that would resolve names."""
        client = self._clients.get(allowed)
        if client is None:
            client = self._instead or PooledClient(_CheckedResolver(allowed, self._resolve))
            self._clients[allowed] = client
        return client

    async def close(self) -> None:
        """Close all clients."""
        for client in self._clients.values():
            await client.close()


async def _open(address: str) -> GuardedClients:
    return GuardedClients()


async def _ready(clients: GuardedClients) -> bool:
    return True


GUARDED_HTTP: PoolKey[GuardedClients] = PoolKey("guarded_http", open=_open, close=GuardedClients.close, ready=_ready)
