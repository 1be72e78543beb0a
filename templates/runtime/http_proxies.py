"""Which proxy a request goes through, as the environment says: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY."""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from urllib.request import getproxies

from yarl import URL

from .errors import CannotStart


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
        """What the environment says; None when it names no proxy. Raises CannotStart for one that cannot be used."""
        found = getproxies()
        # What ALL_PROXY says does not matter where each scheme has a proxy of its own.
        schemes = ("http", "https") if found.get("http") and found.get("https") else ("http", "https", "all")
        by_scheme = tuple((scheme, _proxy(scheme, found[scheme])) for scheme in schemes if found.get(scheme))
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


def _proxy(scheme: str, text: str) -> URL:
    # Nothing of the text is shown but its scheme: it may hold a password.
    name = f"{scheme.upper()}_PROXY"
    advice = f"Set {name} to an http:// or https:// address, or unset it."
    try:
        url = URL(text if "://" in text else f"http://{text}")
        if url.scheme in {"http", "https"} and url.raw_host and url.port:
            return url
    except ValueError:
        raise CannotStart(f"the proxy that {name} names is no address. {advice}") from None
    if url.scheme in {"http", "https"}:
        raise CannotStart(f"the proxy that {name} names has no host. {advice}")
    raise CannotStart(f"{name} names a {url.scheme}:// proxy, and only http and https can be used. {advice}")


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
