"""A small JSON API: people, pages of items, what an order needs, and answers that are slow, wrong or strange."""

import asyncio
import json
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from .words import words

_DATA = Path(__file__).parent / "data"
PEOPLE: list[dict[str, Any]] = json.loads((_DATA / "people.json").read_text("utf-8"))
ITEMS: list[dict[str, Any]] = json.loads((_DATA / "items.json").read_text("utf-8"))
COMPANIES: list[dict[str, Any]] = json.loads((_DATA / "companies.json").read_text("utf-8"))
EVERY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def _number(request: Request, name: str, default: int) -> int:
    try:
        return max(0, int(request.query_params.get(name, default)))
    except ValueError:
        return default


async def people(request: Request) -> Response:
    offset, limit = _number(request, "offset", 0), _number(request, "limit", 100)
    return JSONResponse(PEOPLE[offset : offset + limit])


async def person(request: Request) -> Response:
    found = next((each for each in PEOPLE if str(each["id"]) == request.path_params["id"]), None)
    return JSONResponse(found) if found else JSONResponse({"detail": "no such person"}, 404)


async def search(request: Request) -> Response:
    """People whose topic, role or bio shares words with `q`, the best first."""
    asked = set(words(request.query_params.get("q", "")))
    limit = _number(request, "limit", 10)
    scored = [(len(asked & set(words(json.dumps(each)))), each) for each in PEOPLE]
    best = sorted((entry for entry in scored if entry[0]), key=lambda entry: (-entry[0], entry[1]["id"]))
    return JSONResponse([{**each, "matches": score} for score, each in best[:limit]])


async def items(request: Request) -> Response:
    page, size = max(1, _number(request, "page", 1)), max(1, _number(request, "size", 10))
    pages = -(-len(ITEMS) // size)
    found = ITEMS[(page - 1) * size : page * size]
    return JSONResponse({"items": found, "page": page, "pages": pages, "next": page + 1 if page < pages else None})


async def talks(request: Request) -> Response:
    """Talks whose title shares words with `q`, the best first."""
    asked = set(words(request.query_params.get("q", "")))
    scored = [(len(asked & set(words(each["title"]))), each) for each in ITEMS]
    best = sorted((entry for entry in scored if entry[0]), key=lambda entry: (-entry[0], entry[1]["id"]))
    return JSONResponse([each for _, each in best[: _number(request, "limit", 10)]])


async def company(request: Request) -> Response:
    """A company by its domain. A busy one answers 503 a few times before each answer."""
    domain = request.path_params["domain"]
    found = next((each for each in COMPANIES if each["domain"] == domain), None)
    if found is None:
        return JSONResponse({"detail": "no such company"}, 404)
    failed = request.app.state.flaky
    failed[domain] += 1
    if failed[domain] <= found["busy"]:
        return JSONResponse({"detail": "busy"}, 503, {"retry-after": "0.1"})
    del failed[domain]
    return JSONResponse({key: value for key, value in found.items() if key != "busy"})


async def ticket(request: Request) -> Response:
    """Files a ticket; its number depends only on what it says."""
    filed = await request.json()
    number = 1000 + sum(str(filed.get("summary", "")).encode()) % 9000
    return JSONResponse({"number": number, "desk": filed.get("desk", "other")}, 201)


async def score(request: Request) -> Response:
    """The risk of an order: large ones from unknown addresses are risky."""
    order = await request.json()
    known = any(each["email"] == order.get("email") for each in PEOPLE)
    total = float(order.get("total", 0))
    return JSONResponse({"risk": round(min(0.99, total / 1000 * (0.2 if known else 1.0)), 2)})


async def customer(request: Request) -> Response:
    email = request.path_params["email"]
    known = next((each for each in PEOPLE if each["email"] == email), None)
    return JSONResponse({"name": known["name"] if known else email.split("@")[0], "trusted": known is not None})


async def charge(request: Request) -> Response:
    order = await request.json()
    return JSONResponse({"receipt": f"R-{order.get('order', 0)}"}, 201)


async def slow(request: Request) -> Response:
    await asyncio.sleep(request.path_params["ms"] / 1000)
    return JSONResponse({"slept_ms": request.path_params["ms"]})


async def status(request: Request) -> Response:
    code = request.path_params["code"]
    return JSONResponse({"status": code}, code) if code >= 200 and code not in {204, 304} else Response(None, code)


async def flaky(request: Request) -> Response:
    """Fails n times for each `key`, then works once."""
    failed = request.app.state.flaky
    key = request.query_params.get("key", "")
    failed[key] += 1
    if failed[key] <= request.path_params["n"]:
        return JSONResponse({"detail": "not yet"}, 503, {"retry-after": request.query_params.get("retry_after", "1")})
    return JSONResponse({"attempts": failed.pop(key)})


async def echo(request: Request) -> Response:
    body = await request.body()
    return JSONResponse(
        {
            "method": request.method,
            "path": request.scope["raw_path"].decode("ascii"),
            "query": [list(pair) for pair in request.query_params.multi_items()],
            "headers": dict(request.headers),
            "body": body.decode("utf-8", "replace"),
        },
        headers={"set-cookie": "visited=yes"},
    )


async def redirect(request: Request) -> Response:
    return RedirectResponse(request.query_params["to"], _number(request, "code", 302))


async def some_bytes(request: Request) -> Response:
    return Response(b"x" * request.path_params["n"], media_type="application/octet-stream")


async def some_text(request: Request) -> Response:
    return PlainTextResponse("grüß dich".encode("latin-1"), headers={"content-type": "text/plain; charset=latin-1"})


async def connections(request: Request) -> Response:
    return JSONResponse({"open": request.app.state.open_connections()})


ROUTES = [
    Route("/people", people),
    Route("/people/{id}", person),
    Route("/search", search),
    Route("/items", items),
    Route("/talks", talks),
    Route("/companies/{domain}", company),
    Route("/tickets", ticket, methods=["POST"]),
    Route("/score", score, methods=["POST"]),
    Route("/customers/{email}", customer),
    Route("/charges", charge, methods=["POST"]),
    Route("/slow/{ms:int}", slow, methods=EVERY_METHOD),
    Route("/status/{code:int}", status, methods=EVERY_METHOD),
    Route("/flaky/{n:int}", flaky, methods=EVERY_METHOD),
    Route("/echo", echo, methods=EVERY_METHOD),
    Route("/echo/{rest:path}", echo, methods=EVERY_METHOD),
    Route("/redirect", redirect, methods=EVERY_METHOD),
    Route("/bytes/{n:int}", some_bytes),
    Route("/text", some_text),
    Route("/connections", connections),
]
