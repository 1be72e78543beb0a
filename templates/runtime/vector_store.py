"""Qdrant: a server by its address, or embedded in this process where none is set.

A server is asked through the async client. What is embedded works in a thread of its own, one call after the other: it
computes and writes to disk where the event loop would have to wait. It belongs to one process.

Errors have the kind `connection`, `timeout`, `auth`, `not_found` (no such collection), `invalid_request` (points or
vectors that do not fit), `invalid_response` (what answers is no Qdrant), or `http` (`upstream` is the status,
`retry_after` the pause asked for).
"""

import asyncio
import os
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from qdrant_client import AsyncQdrantClient, QdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from .data_folder import data_file
from .errors import CannotStart, FlowError
from .pools import IN_MEMORY, PoolKey

Ask = Callable[[Any], Any]
"""A call of the client; both clients have the same methods, one of them gives awaitables."""

_EMBEDDED = "vectors"
_CONNECT_SECONDS = 60


class VectorStore:
    """Collections of vectors. It is opened when it is first asked something."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Any = None
        self._thread: ThreadPoolExecutor | None = None
        self._sizes: dict[str, int] = {}

    async def call(self, ask: Ask) -> Any:
        """What the client answers. Raises FlowError."""
        try:
            if _is_server(self._address):
                return await ask(self._server())
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, "vectors")
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._embedded, ask)
        except (QdrantException, ApiException, AssertionError, ValueError, KeyError, RuntimeError) as error:
            raise _as_flow_error(error) from error

    async def prepare(self, collection: str, size: int, distance: str) -> None:
        """Make the collection when it is missing. Raises FlowError when it takes vectors of another size."""
        if self._sizes.get(collection) == size:
            return
        try:
            found = await self._size(collection)
        except FlowError as error:
            if error.kind != "not_found":
                raise
            found = await self._make(collection, size, distance)
        _check_size(found, size)
        self._sizes[collection] = size

    async def check_size(self, collection: str, size: int) -> None:
        """Raise FlowError when the collection takes vectors of another size."""
        _check_size(await self._size(collection), size)

    def forget(self, collection: str) -> None:
        """It is not as it was known to be: look again before the next write."""
        self._sizes.pop(collection, None)

    async def ready(self) -> bool:
        """Whether it answers."""
        await self.call(lambda client: client.get_collections())
        return True

    async def close(self) -> None:
        """Close connections and files."""
        client, thread = self._client, self._thread
        self._client = self._thread = None
        if thread is not None:
            if client is not None:
                await asyncio.get_running_loop().run_in_executor(thread, client.close)
            thread.shutdown()
        elif client is not None:
            await client.close()

    async def _size(self, collection: str) -> int:
        info = await self.call(lambda client: client.get_collection(collection))
        vectors = info.config.params.vectors
        if not isinstance(vectors, models.VectorParams):
            raise FlowError("the collection has vectors with names", kind="invalid_request")
        return vectors.size

    async def _make(self, collection: str, size: int, distance: str) -> int:
        """Another run may make it at the same time; the size says whether it is the one that is wanted."""
        wanted = models.VectorParams(size=size, distance=models.Distance(distance))
        with suppress(_AlreadyThere):
            await self.call(lambda client: client.create_collection(collection, vectors_config=wanted))
        return await self._size(collection)

    def _server(self) -> AsyncQdrantClient:
        if self._client is None:
            url, key = _without_key(self._address)
            with warnings.catch_warnings(action="ignore"):  # of a key without TLS: inside a network that is the rule
                self._client = AsyncQdrantClient(
                    url=url, port=None, api_key=key, timeout=_CONNECT_SECONDS, check_compatibility=False
                )
        client: AsyncQdrantClient = self._client
        return client

    def _embedded(self, ask: Ask) -> Any:
        if self._client is None:
            if self._address == IN_MEMORY:
                self._client = QdrantClient(":memory:", force_disable_check_same_thread=True)
            else:
                self._client = QdrantClient(path=str(data_file(_EMBEDDED)), force_disable_check_same_thread=True)
        return ask(self._client)


def _check_size(wanted: int, size: int) -> None:
    if wanted != size:
        message = f"the collection takes vectors of {wanted} numbers, and is given one of {size}"
        raise FlowError(message, kind="invalid_request")


class _AlreadyThere(FlowError):
    """A collection that was to be made exists."""


def vector_pool(name: str) -> PoolKey[VectorStore]:
    """The pool of a project's vectors."""

    async def opened(address: str) -> VectorStore:
        if _is_server(address) and not _is_url(address):
            raise CannotStart(f"wrong setting: the address of {name} is no http:// or https:// address")
        return VectorStore(address)

    return PoolKey(name, open=opened, close=VectorStore.close, ready=VectorStore.ready)


def _is_server(address: str) -> bool:
    return bool(address) and address != IN_MEMORY


def _is_url(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # what should be a port is none
        return False


def _without_key(address: str) -> tuple[str, str | None]:
    """The address with its port, and the key: the password of the address, or QDRANT_API_KEY."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 6333)
    key = parts.password or os.environ.get("QDRANT_API_KEY") or None
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}{parts.path.rstrip('/')}", key


def _as_flow_error(error: Exception) -> FlowError:
    """The error of the flow for one of the client. Its text may hold values, so only our own words are told."""
    if isinstance(error, UnexpectedResponse):
        # Older servers say with 400 that a collection exists.
        return _of_status(409 if b"already exists" in error.content else error.status_code or 502)
    if isinstance(error, ResourceExhaustedResponse):
        return _of_status(429, error.retry_after_s)
    if isinstance(error, QdrantException):
        return _of_status(429)
    if isinstance(error, ResponseHandlingException):
        return _of_transport(error.source)
    if isinstance(error, AssertionError):  # the client's own, for an answer without a result
        return _unreadable()
    told = str(error)
    if isinstance(error, KeyError):
        return FlowError("there is no point of this id", kind="not_found", status=404)
    if "already exists" in told:
        return _AlreadyThere("the collection exists", kind="conflict", status=409)
    if told.startswith("Collection") and "not found" in told:
        return _no_collection()
    if "already accessed" in told:
        message = "the embedded vectors are in use by another process; set QDRANT_URL to a server to share them"
        return FlowError(message, kind="connection", status=503)
    return FlowError("points, vector or filter do not fit the collection", kind="invalid_request")


def _of_status(status: int, retry_after: float | None = None) -> FlowError:
    match status:
        case 404:
            return _no_collection()
        case 409:
            return _AlreadyThere("the collection exists", kind="conflict", status=409)
        case 401 | 403:
            return FlowError(f"the vector database answered {status}", kind="auth", status=502, upstream=status)
        case 400 | 422:
            message = "points, vector or filter do not fit the collection"
            return FlowError(message, kind="invalid_request", upstream=status)
    message = f"the vector database answered {status}"
    return FlowError(message, kind="http", status=502, upstream=status, retry_after=retry_after)


def _of_transport(source: Exception) -> FlowError:
    if "Timeout" in type(source).__name__:
        return FlowError("the vector database did not answer in time", kind="timeout", status=504)
    if isinstance(source, ValueError):
        return _unreadable()
    return FlowError("the vector database cannot be reached", kind="connection", status=503)


def _unreadable() -> FlowError:
    return FlowError("what answers is no vector database", kind="invalid_response", status=502)


def _no_collection() -> FlowError:
    return FlowError("there is no such collection", kind="not_found", status=404)
