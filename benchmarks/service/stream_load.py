"""Reads streams of events: `stream_load.py URL STREAMS ROUNDS` prints tokens and milliseconds to the first, as JSON."""

import asyncio
import json
import sys
import time

import aiohttp

BODY = {"question": "What is there to see?"}


async def main(url: str, streams: int, rounds: int) -> None:
    first: list[float] = []
    tokens = 0

    async def read(session: aiohttp.ClientSession) -> None:
        nonlocal tokens
        for _ in range(rounds):
            asked = time.perf_counter()
            seen = False
            async with session.post(url, json=BODY, headers={"accept": "text/event-stream"}) as response:
                async for chunk in response.content.iter_any():
                    found = chunk.count(b"word")
                    if found and not seen:
                        seen = True
                        first.append((time.perf_counter() - asked) * 1000)
                    tokens += found

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(read(session) for _ in range(streams)))
    print(json.dumps({"tokens": tokens, "first_ms": first}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
