"""The least that does the same: an ASGI function with pydantic's checks, no ids, no timings, no limits."""

from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError
from starlette.types import Receive, Scope, Send
from work import OrderInput

VALIDATE = TypeAdapter(OrderInput).validator.validate_json


def score(given: OrderInput) -> dict[str, Any]:
    label = given["query"].strip().upper()
    total = sum(line["price"] * line["count"] for line in given["lines"])
    greeting = f"Hello {given['customer']}"
    if total > 1000.0:
        return {"message": f"{greeting}, we are checking {len(label)}", "total": total, "held": True}
    return {"message": f"{greeting}, {len(label)}", "total": total, "held": False}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    try:
        status, answer = 200, orjson.dumps(score(VALIDATE(body)))
    except ValidationError as error:
        status, answer = 422, orjson.dumps(error.errors(include_input=False, include_url=False))
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
