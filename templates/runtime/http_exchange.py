"""What goes to another service and comes back: a request, an answer, and the client between; and how that can fail.

A client sends a request once and reads an answer of bounded size. What the answer means (errors, redirects, JSON) is
decided in `http.py`. A test gives a client of its own in place of the network.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yarl import URL

from .errors import FlowError
from .pools import PoolKey


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it goes on the wire; names of headers in lower case."""

    method: str
    url: URL
    headers: Mapping[str, str]
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; its headers are found by their names in lower case. The body is there when the request succeeded."""

    status: int
    headers: Mapping[str, str]
    content: bytes = b""


class HttpClient(ABC):
    """Sends requests over connections that it keeps."""

    @abstractmethod
    async def send(self, request: Request, most: int) -> Answer:
        """The answer, its decoded body read only when it is a success, and at most `most` bytes. Raises FlowError."""

    @abstractmethod
    async def close(self) -> None:
        """Close all connections."""

    async def ready(self) -> bool:
        """Whether the client can be used."""
        return True


def client_pool(name: str, make: Callable[[], HttpClient]) -> PoolKey[HttpClient]:
    """A pool that is one client, made when the service starts."""

    async def opened(address: str) -> HttpClient:
        return make()

    async def close(client: HttpClient) -> None:
        await client.close()

    async def ready(client: HttpClient) -> bool:
        return await client.ready()

    return PoolKey(name, open=opened, close=close, ready=ready)


def succeeded(status: int) -> bool:
    """Whether an answer with this status is what was asked for."""
    return status < 300 or status == 304


def too_large(most: int) -> FlowError:
    """There is more of an answer than may be read."""
    return FlowError(f"the answer is larger than {most} bytes", kind="invalid_response", status=502)


def timed_out() -> FlowError:
    """The other side took too long."""
    return FlowError("time ran out waiting for the other side", kind="timeout", status=504)


def unreachable() -> FlowError:
    """The other side is not there, or broke off."""
    return FlowError("could not reach the other side", kind="connection", status=502)


def undecodable() -> FlowError:
    """An answer is not encoded as it says."""
    return FlowError("the answer cannot be decoded", kind="invalid_response", status=502)


def invalid_url() -> FlowError:
    """An address is none of the web."""
    return FlowError("the URL cannot be used", kind="invalid_url", status=500)
