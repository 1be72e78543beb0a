"""Which proxy a request goes through, as the environment says: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY."""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from urllib.request import getproxies

from yarl import URL


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies by scheme, `all` for any, and the hosts that are reached without one.

    An entry of `direct` is a name (and all below it), `.name` or `*.name` (only below it), an address, a network, or
    `*`; `:port` behind it keeps it to that port.
    """

    by_scheme: tuple[tuple[str, URL], ...]
    direct: tuple[str, ...] = ()

    @classmethod
    def from_env(cls) -> "Proxies | None":
        """What the environment says; None when it names no proxy. Raises ValueError for one that cannot be used."""
        found = getproxies()
        by_scheme = tuple((scheme, _proxy(found[scheme])) for scheme in ("http", "https", "all") if found.get(scheme))
        if not by_scheme:
            return None
        entries = (entry.strip().lower() for entry in found.get("no", "").split(","))
        return cls(by_scheme, tuple(entry for entry in entries if entry))

    def find(self, url: URL) -> URL | None:
        """The proxy for this URL."""
        proxies = dict(self.by_scheme)
        proxy = proxies.get(url.scheme, proxies.get("all"))
        if proxy is None or _is_direct(self.direct, (url.raw_host or "").rstrip("."), url.port):
            return None
        return proxy


def _proxy(text: str) -> URL:
    url = URL(text if "://" in text else f"http://{text}")
    if url.scheme not in {"http", "https"} or not url.raw_host:
        # The text itself may hold a password.
        raise ValueError(f"a proxy of the environment is `{url.scheme}://`, but only http and https can be used")
    return url


@lru_cache(maxsize=512)
def _is_direct(direct: tuple[str, ...], host: str, port: int | None) -> bool:
    return any(_fits(entry, host.lower(), port) for entry in direct)


def _fits(entry: str, host: str, port: int | None) -> bool:
    name, colon, number = entry.rpartition(":")
    if colon and number.isdigit() and (":" not in name or name.endswith("]")):
        if int(number) != port:
            return False
        entry = name
    if entry == "*":
        return True
    address = _address(host)
    if address is not None:
        network = _network(entry)
        return network is not None and address in network
    if entry.startswith(("*.", ".")):
        return host.endswith(entry.lstrip("*"))
    return host == entry or (entry != "localhost" and host.endswith(f".{entry}"))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return None
