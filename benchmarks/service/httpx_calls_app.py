"""Five calls by hand: a Starlette route and one pooled httpx client, with nothing around."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2 as httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

URL = os.environ["API_URL"] + "/items/{}"


async def five_calls(request: Request) -> JSONResponse:
    number, total, name = (await request.json())["start"], 0.0, ""
    client: httpx.AsyncClient = request.app.state.client
    for _ in range(5):
        response = await client.get(URL.format(number))
        response.raise_for_status()
        item = response.json()
        number, total, name = item["next"], total + item["price"], item["name"]
    return JSONResponse({"name": name, "total": total})


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    async with httpx.AsyncClient() as app.state.client:
        yield


app = Starlette(routes=[Route("/api/v1/five_calls/execute", five_calls, methods=["POST"])], lifespan=lifespan)
