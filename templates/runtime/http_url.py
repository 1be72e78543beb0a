"""Addresses as they go on the wire: what is already encoded stays byte for byte as it is."""

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote, unquote_plus, urlencode, urljoin

from yarl import URL

# A name in ASCII or an address in brackets, in lower case; all else is brought into this form first, or refused.
_HOST = r"(?:[a-z0-9._-]+|\[[0-9a-f:.]+(?:%25[\w.~-]+)?\])"
_IN_PATH = r"A-Za-z0-9\-._~!$&'()*+,;=:@/\[\]"
_ESCAPE = r"%[0-9A-Fa-f]{2}"
_EXACT = re.compile(
    rf"https?://{_HOST}(?::\d{{1,5}})?(?:/(?:[{_IN_PATH}]|{_ESCAPE})*)?(?:\?(?:[{_IN_PATH}?]|{_ESCAPE})*)?", re.ASCII
)
_PARTS = re.compile(r"(https?)://([^/?#\\]*)((?:[/?][^#]*)?)(?:#.*)?", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# A percent sign that begins no escape, and whatever may not stand in a path or query.
_UNSAFE = re.compile(rf"(?!{_ESCAPE})%|[^{_IN_PATH}?%]+")


@lru_cache(maxsize=512)
def web_address(text: str) -> URL | None:
    """The URL that `text` names; None when it is no address of the web.

    Spaces and letters that a URL may not hold are encoded, names in other scripts as well; the fragment is left out.
    """
    try:
        url = URL(text, encoded=True) if _EXACT.fullmatch(text) else _brought_into_form(text)
        # An encoded URL is taken apart only now.
        return url if url is not None and url.port else None
    except ValueError:
        return None


def _brought_into_form(text: str) -> URL | None:
    parts = _PARTS.fullmatch(text)
    if parts is None or _CONTROL.search(text):
        return None
    scheme, authority, rest = parts.groups()
    user, at, host = authority.rpartition("@")
    origin = URL(f"{scheme.lower()}://{host}")
    if origin.raw_host is None or not re.fullmatch(_HOST, _bracketed(origin.raw_host)):
        return None
    encoded = _encoded(user) + at + (origin.host_port_subcomponent or "")
    return URL(f"{origin.scheme}://{encoded}{_encoded(rest)}", encoded=True)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _encoded(text: str) -> str:
    return _UNSAFE.sub(lambda found: quote(found[0], safe="", errors="surrogatepass"), text)


def with_query(url: URL, fields: Mapping[str, str | list[str]]) -> URL:
    """The URL with these fields in its query; they take the place of fields of the same name."""
    kept = [part for part in url.raw_query_string.split("&") if part and _name(part) not in fields]
    query = "&".join([*kept, urlencode(fields, doseq=True, errors="surrogatepass")])
    return URL(f"{str(url).partition('?')[0]}?{query}", encoded=True)


def _name(part: str) -> str:
    return unquote_plus(part.partition("=")[0])


def redirected(url: URL, location: str) -> URL | None:
    """Where a `Location` header leads from `url`; None when that is no address of the web."""
    try:
        return web_address(urljoin(str(url), location))
    except ValueError:
        return None
