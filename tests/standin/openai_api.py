"""OpenAI's chat completions and embeddings, as their SDK expects them."""

import asyncio
import hashlib
import json
import math
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from .faults import CutConnection, Fault
from .structured import instance, nonsense
from .words import answer, words

_CREATED = 1_767_225_600


def failure(status: int, message: str = "asked to fail", kind: str = "server_error") -> JSONResponse:
    """An error in OpenAI's shape."""
    kinds = {429: "rate_limit_exceeded", 401: "invalid_api_key"}
    body = {"error": {"message": message, "type": kinds.get(status, kind), "param": None, "code": kinds.get(status)}}
    return JSONResponse(body, status, {"retry-after": "1"} if status in {429, 503} else None)


async def chat(request: Request) -> Response:
    """POST /v1/chat/completions."""
    body = await request.json()
    messages = body.get("messages")
    if not isinstance(messages, list) or not body.get("model"):
        return failure(400, "model and messages are needed", "invalid_request_error")
    turns = sum(message["role"] == "assistant" for message in messages)
    fault = request.app.state.faults.wanted(request, body["model"], turns)
    if fault.kind == "fail":
        return failure(fault.number)
    if fault.kind == "slow":
        await asyncio.sleep(fault.number / 1000)
    text = _text(body, fault)
    if body.get("stream"):
        usage = (body.get("stream_options") or {}).get("include_usage", False)
        chunks = _chunks(
            body["model"], text, fault, request.app.state.token_seconds(request), _usage(messages, text), usage
        )
        return StreamingResponse(chunks, media_type="text/event-stream")
    refused = fault.kind == "refuse"
    message = {"role": "assistant", "content": None if refused else text, "refusal": "I will not." if refused else None}
    return JSONResponse(
        {
            "id": _id(text),
            "object": "chat.completion",
            "created": _CREATED,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": _usage(messages, text),
        }
    )


def prompt_of(messages: list[dict[str, Any]]) -> str:
    """What the first user asked; corrections that follow do not change the subject."""
    user = [message["content"] for message in messages if message["role"] == "user"]
    first = user[0] if user else ""
    return first if isinstance(first, str) else " ".join(part.get("text", "") for part in first)


def _text(body: dict[str, Any], fault: Fault) -> str:
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        schema = wanted["json_schema"]["schema"]
        return json.dumps(
            nonsense(schema) if fault.kind == "nonsense" else instance(schema, prompt_of(body["messages"]))
        )
    return answer(prompt_of(body["messages"]))


def _usage(messages: list[dict[str, Any]], text: str) -> dict[str, int]:
    read = sum(len(str(message.get("content", "")).split()) for message in messages)
    return {"prompt_tokens": read, "completion_tokens": len(text.split()), "total_tokens": read + len(text.split())}


def _id(text: str) -> str:
    return "chatcmpl-standin" + hashlib.sha256(text.encode()).hexdigest()[:16]


def tokens(text: str) -> list[str]:
    """The text in pieces as a model would send it."""
    pieces = text.split(" ")
    return [piece if index == 0 else " " + piece for index, piece in enumerate(pieces)]


async def _chunks(
    model: str, text: str, fault: Fault, pause: float, usage: dict[str, int], with_usage: bool
) -> AsyncIterator[bytes]:
    def chunk(delta: dict[str, Any], reason: str | None = None, **more: Any) -> bytes:
        choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]
        head = {"id": _id(text), "object": "chat.completion.chunk", "created": _CREATED, "model": model}
        return b"data: " + json.dumps({**head, "choices": choices, "usage": None, **more}).encode() + b"\n\n"

    yield chunk({"role": "assistant", "content": ""})
    if fault.kind == "refuse":
        yield chunk({"refusal": "I will not."})
    for position, piece in enumerate(tokens(text)):
        if fault.after("cut", position):
            raise CutConnection
        if fault.after("end", position):
            return
        if fault.after("error", position):
            yield b'data: {"error": {"message": "asked to fail", "type": "server_error", "code": null}}\n\n'
            return
        yield chunk({"content": piece})
        if pause:
            await asyncio.sleep(pause)
    yield chunk({}, "stop")
    if with_usage:
        yield chunk({}, None, choices=[], usage=usage)
    yield b"data: [DONE]\n\n"


async def embeddings(request: Request) -> Response:
    """POST /v1/embeddings: texts that share words have vectors that point alike."""
    body = await request.json()
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    size = int(body.get("dimensions") or 64)
    rows = [{"object": "embedding", "index": at, "embedding": _vector(text, size)} for at, text in enumerate(texts)]
    read = sum(len(str(text).split()) for text in texts)
    usage = {"prompt_tokens": read, "total_tokens": read}
    return JSONResponse({"object": "list", "data": rows, "model": body.get("model", ""), "usage": usage})


def _vector(text: str, size: int) -> list[float]:
    values = [0.0] * size
    for word in words(text):
        digest = hashlib.sha256(word.encode()).digest()
        values[int.from_bytes(digest[:4]) % size] += 1.0 if digest[4] % 2 else -1.0
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return [round(value / length, 6) for value in values]
