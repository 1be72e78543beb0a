"""A server that thinks for 200 ms and then says where it was asked."""

import asyncio

import orjson
from bare import answer, read
from starlette.types import Receive, Scope, Send


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    await read(receive)
    await asyncio.sleep(0.2)
    await answer(send, 200, orjson.dumps(scope["path"]))
