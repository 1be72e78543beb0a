"""A model's stream by hand, passed through as it is: a Starlette route over aiohttp that reads nothing of it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

URL = os.environ["OPENAI_BASE_URL"] + "/chat/completions"


async def stream(request: Request) -> StreamingResponse:
    question = (await request.json())["question"]
    session: aiohttp.ClientSession = request.app.state.session

    async def events() -> AsyncIterator[bytes]:
        asked = {"model": "some-model", "messages": [{"role": "user", "content": question}], "stream": True}
        async with session.post(URL, json=asked, headers={"authorization": "Bearer key"}) as response:
            async for chunk in response.content.iter_any():
                yield chunk

    return StreamingResponse(events(), media_type="text/event-stream")


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    async with aiohttp.ClientSession() as app.state.session:
        yield


app = Starlette(routes=[Route("/api/v1/llm_stream/execute", stream, methods=["POST"])], lifespan=lifespan)
