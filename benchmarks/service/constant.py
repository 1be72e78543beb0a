"""No work at all: reads the body and says the same each time. What server, sockets and kernel cost."""

from bare import answer, live, read
from starlette.types import Receive, Scope, Send

ANSWER = b'{"message":"Hello Grace Hopper, 546","total":152.0,"held":false}'


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    await read(receive)
    await answer(send, 200, ANSWER)
