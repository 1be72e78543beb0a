"""Five calls by hand: a Starlette route and aiohttp as its documentation shows it, with nothing around."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

URL = os.environ["API_URL"] + "/items/{}"


async def five_calls(request: Request) -> JSONResponse:
    number, total, name = (await request.json())["start"], 0.0, ""
    session: aiohttp.ClientSession = request.app.state.session
    for _ in range(5):
        async with session.get(URL.format(number)) as response:
            response.raise_for_status()
            item = await response.json()
        number, total, name = item["next"], total + item["price"], item["name"]
    return JSONResponse({"name": name, "total": total})


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    async with aiohttp.ClientSession() as app.state.session:
        yield


app = Starlette(routes=[Route("/api/v1/five_calls/execute", five_calls, methods=["POST"])], lifespan=lifespan)
