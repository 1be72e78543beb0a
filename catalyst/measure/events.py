"""Reads event streams (server-sent events) over some connections for some seconds: what no load generator measures.

The client is Python, on one core: a few ten thousand events a second are what it can read, whatever the server gives.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from catalyst.measure.cores import pinned
from catalyst.measure.exchange import Answer, Request
from catalyst.measure.figures import percentile

_LIMIT = 1 << 20
"""Bytes that a line of a stream may have."""
_PERCENTS = {"p50": 50, "p90": 90, "p99": 99, "p99.9": 99.9, "max": 100}


@dataclass(frozen=True, slots=True)
class Streams:
    """What came of reading streams."""

    requests: int
    """Streams that were read to their end."""
    seconds: float
    events: int
    first_event: Mapping[str, float]
    """Microseconds from the request to the first event: `p50`, `p90`, `p99`, `p99.9`, `max`; empty without any."""
    latency: Mapping[str, float]
    """Microseconds from the request to the end of the stream, likewise."""
    errors: Mapping[str, int]
    """How many of each kind: `status` (400 and above), `no stream` (another answer), `event` (the stream ended with an
    error), `read`, `connect`, `timeout`."""
    last: Sequence[bytes]
    """The data of each stream's last event."""
    failure: Answer | None
    """The first answer that was no stream."""

    @property
    def per_second(self) -> float:
        """Streams read to their end, a second."""
        return self.requests / self.seconds

    @property
    def events_per_second(self) -> float:
        """Events of all streams, a second."""
        return self.events / self.seconds

    @property
    def failed(self) -> int:
        """Errors of all kinds."""
        return sum(self.errors.values())

    @property
    def succeeded(self) -> int:
        """Streams that ended without an error."""
        return self.requests - self.errors.get("event", 0)

    def as_data(self) -> dict[str, Any]:
        """As it stands in result files."""
        return {
            "requests": self.requests,
            "seconds": self.seconds,
            "per_second": self.per_second,
            "latency_us": dict(self.latency),
            "errors": dict(self.errors),
            "events": self.events,
            "events_per_second": self.events_per_second,
            "first_event_us": dict(self.first_event),
        }


def read_streams(
    request: Request,
    *,
    connections: int = 32,
    seconds: float = 10,
    timeout: float = 10.0,
    cores: Sequence[int] | None = None,
) -> Streams:
    """Ask for a stream and read it, again and again on each connection, until the time is over.

    Streams that are under way at the end count with the events they gave, not as read. `timeout` seconds without a
    line are an error.
    """
    reading = _Reading(request, timeout)
    began = time.perf_counter()
    with pinned(cores):
        asyncio.run(_read_all(reading, connections, seconds))
    return Streams(
        requests=len(reading.whole),
        seconds=time.perf_counter() - began,
        events=reading.events,
        first_event=_percentiles(reading.first),
        latency=_percentiles(reading.whole),
        errors=reading.errors,
        last=reading.last,
        failure=reading.failure,
    )


async def _read_all(reading: _Reading, connections: int, seconds: float) -> None:
    tasks = [asyncio.create_task(reading.repeat()) for _ in range(connections)]
    done, pending = await asyncio.wait(tasks, timeout=seconds)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:  # they only end by an exception of ours
        task.result()


@dataclass(slots=True)
class _Reading:
    """What all connections of a run add up to."""

    request: Request
    timeout: float
    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    events: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    last: list[bytes] = field(default_factory=list)
    failure: Answer | None = None

    async def repeat(self) -> None:
        """One stream after another, until cancelled."""
        while True:
            parts = urlsplit(self.request.url)
            try:
                reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=_LIMIT)
            except OSError:
                self._failed("connect")
                await asyncio.sleep(0.01)
                continue
            try:
                while True:
                    await self._stream(reader, writer)
            except TimeoutError:
                self._failed("timeout")
            except (OSError, asyncio.IncompleteReadError, ValueError):
                self._failed("read")
            finally:
                writer.close()

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send the request and read the answer to its end."""
        began = time.perf_counter()
        writer.write(_head(self.request) + self.request.body)
        status, headers = await self._read_head(reader)
        if headers.get("transfer-encoding") != "chunked":
            body = await self._in_time(reader.readexactly(int(headers.get("content-length", "0"))))
            self._failed("status" if status >= 400 else "no stream")
            self.failure = self.failure or Answer(status, headers, body)
            return
        name = data = b""
        rest = b""
        is_first = True
        while chunk := await self._read_chunk(reader):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if line.startswith(b"event: "):
                    name = line[7:]
                elif line.startswith(b"data: "):
                    data = line[6:]
                    self.events += 1
                    if is_first:
                        is_first = False
                        self.first.append((time.perf_counter() - began) * 1e6)
        self.whole.append((time.perf_counter() - began) * 1e6)
        self.last.append(data)
        if name == b"error":
            self._failed("event")

    async def _read_head(self, reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
        head = await self._in_time(reader.readuntil(b"\r\n\r\n"))
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}

    async def _read_chunk(self, reader: asyncio.StreamReader) -> bytes:
        """The next chunk; empty at the end."""
        size = int(await self._in_time(reader.readuntil(b"\r\n")), 16)
        return (await self._in_time(reader.readexactly(size + 2)))[:-2]

    async def _in_time(self, reading: Coroutine[Any, Any, bytes]) -> bytes:
        async with asyncio.timeout(self.timeout):
            return await reading

    def _failed(self, kind: str) -> None:
        self.errors[kind] = self.errors.get(kind, 0) + 1


def _head(request: Request) -> bytes:
    parts = urlsplit(request.url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    headers = {"host": parts.netloc, **request.headers, "content-length": str(len(request.body))}
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    return {name: percentile(values, percent) for name, percent in _PERCENTS.items()} if values else {}
