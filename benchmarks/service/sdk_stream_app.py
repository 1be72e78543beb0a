"""A model's stream by hand, as the documentation of the SDK shows it: a Starlette route over the official client."""

from collections.abc import AsyncIterator

import openai
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

client = openai.AsyncOpenAI()  # key and address are in the environment


async def stream(request: Request) -> StreamingResponse:
    question = (await request.json())["question"]

    async def events() -> AsyncIterator[str]:
        chunks = await client.chat.completions.create(
            model="some-model", messages=[{"role": "user", "content": question}], stream=True
        )
        async for chunk in chunks:
            if chunk.choices and chunk.choices[0].delta.content:
                yield f"data: {chunk.choices[0].delta.model_dump_json()}\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


app = Starlette(routes=[Route("/api/v1/llm_stream/execute", stream, methods=["POST"])])
