"""The least that does the same: an ASGI function with pydantic's checks, no ids, no timings, no limits."""

import orjson
from bare import answer, read
from pydantic import TypeAdapter, ValidationError
from starlette.types import Receive, Scope, Send
from work import OrderInput, score

VALIDATE = TypeAdapter(OrderInput).validator.validate_json


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    body = await read(receive)
    try:
        status, text = 200, orjson.dumps(score(VALIDATE(body)))
    except ValidationError as error:
        status, text = 422, orjson.dumps(error.errors(include_input=False, include_url=False))
    await answer(send, status, text)
