"""The service that all contenders of `parts/http_calls.py` ask: as little work as an HTTP server can have."""

from starlette.types import Receive, Scope, Send

LAST = 1_000


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    number = int(scope["path"].rpartition("/")[2])
    answer = (
        b'{"id":%d,"name":"Article %d","next":%d,"tags":["new","gift","express"],"price":9.5,'
        b'"text":"a part of the answer that nobody asked for, as services give it, about so long"}'
    ) % (number, number, (number + 1) % LAST)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
