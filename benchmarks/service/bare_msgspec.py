"""The same with msgspec, which reads and checks in one step; the first error only, as msgspec gives it."""

from typing import Annotated

import msgspec
from bare import answer, read
from starlette.types import Receive, Scope, Send


class Line(msgspec.Struct, forbid_unknown_fields=True):
    sku: str
    count: int
    price: float


class Order(msgspec.Struct, forbid_unknown_fields=True):
    query: Annotated[str, msgspec.Meta(min_length=2)]
    customer: str
    tags: list[str]
    lines: list[Line]
    limit: Annotated[int, msgspec.Meta(le=50)] = 20


DECODE = msgspec.json.Decoder(Order).decode
ENCODE = msgspec.json.Encoder().encode


def score(given: Order) -> dict[str, object]:
    label = given.query.strip().upper()
    total = sum(line.price * line.count for line in given.lines)
    greeting = f"Hello {given.customer}"
    if total > 1000.0:
        return {"message": f"{greeting}, we are checking {len(label)}", "total": total, "held": True}
    return {"message": f"{greeting}, {len(label)}", "total": total, "held": False}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    body = await read(receive)
    try:
        status, text = 200, ENCODE(score(DECODE(body)))
    except msgspec.ValidationError as error:
        status, text = 422, ENCODE({"detail": str(error)})
    except msgspec.DecodeError as error:
        status, text = 400, ENCODE({"detail": str(error)})
    await answer(send, status, text)
