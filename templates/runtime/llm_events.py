"""Reads the events of a model's stream: each one's data as plain JSON, without the SDK's object for every token."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import orjson

from .errors import FlowError

OnEvent = Callable[[dict[str, Any]], bool]
"""Takes an event's data; says whether it was the last one that matters."""

# What comes behind the last event is read for so long, since only a body that has ended leaves the connection free.
_PATIENCE = 0.5

MAX_EVENT = 10 * 1024 * 1024


async def read_events(chunks: AsyncIterator[bytes], on_event: OnEvent) -> None:
    """Give each event of the stream to `on_event`, up to the last one; a stream that just ends is no error here.

    Raises FlowError when an event is none of the protocol; errors of the connection pass through.
    """
    splitter = _Splitter()
    async for chunk in chunks:
        for data in splitter.feed(chunk):
            if data == b"[DONE]" or _given(data, on_event):
                await _read_out(chunks)
                return


def _given(data: bytes, on_event: OnEvent) -> bool:
    try:
        event = orjson.loads(data)
        return on_event(event)
    except (orjson.JSONDecodeError, AttributeError, KeyError, IndexError, TypeError) as error:
        raise unreadable() from error


async def _read_out(chunks: AsyncIterator[bytes]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            async for _ in chunks:
                pass


class _Splitter:
    """Takes a stream of events apart, wherever its chunks begin and end."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of the events that are complete with this chunk. Comments, names and numbers are left out."""
        text = self._rest + chunk
        if b"\r" in text:
            # A line may end with both, and the second one may be still to come.
            held, text = (b"\r", text[:-1]) if text.endswith(b"\r") else (b"", text)
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") + held
        *blocks, self._rest = text.split(b"\n\n")
        if len(self._rest) > MAX_EVENT:
            raise unreadable()
        return [data for data in map(_data, blocks) if data is not None]


def _data(block: bytes) -> bytes | None:
    """What an event says: all of its `data` lines."""
    lines = [line[5:].removeprefix(b" ") for line in block.split(b"\n") if line.startswith(b"data:")]
    return b"\n".join(lines) if lines else None


def text_of(value: object) -> str:
    """A piece of text. Raises FlowError when it is something else."""
    if isinstance(value, str):
        return value
    raise unreadable()


def unreadable() -> FlowError:
    """An answer that is not what the protocol says."""
    return FlowError("the model's answer cannot be read", kind="invalid_response", status=502)
