"""The model that all contenders of `parts/llm_stream.py` ask: 200 tokens as OpenAI sends them, one every PAUSE s."""

import asyncio

import orjson
from starlette.types import Receive, Scope, Send

TOKENS = 200
PAUSE = 0.005
HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_767_225_600, "model": "some-model"}


def _chunk(choices: list[object], usage: object = None) -> bytes:
    return b"data: " + orjson.dumps({**HEAD, "choices": choices, "usage": usage}) + b"\n\n"


def _choice(delta: dict[str, str], reason: str | None = None) -> list[object]:
    return [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]


CHUNKS = [_chunk(_choice({"content": f"word{number} "})) for number in range(TOKENS)]
USAGE = {"prompt_tokens": 9, "completion_tokens": TOKENS, "total_tokens": TOKENS + 9}
LAST = _chunk(_choice({}, "stop")) + _chunk([], USAGE) + b"data: [DONE]\n\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for chunk in CHUNKS:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await asyncio.sleep(PAUSE)
    await send({"type": "http.response.body", "body": LAST})
