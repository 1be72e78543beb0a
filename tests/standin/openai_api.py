"""OpenAI's chat completions and embeddings, as their SDK expects them."""

import asyncio
import base64
import hashlib
import json
import math
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from .faults import CutConnection, Fault
from .structured import instance, nonsense
from .tools import after_tools, wanted_calls
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
    if body.get("tools") and body["model"].startswith("gpt-6") and body.get("reasoning_effort") != "none":
        return failure(400, "Function tools with reasoning_effort are not supported", "invalid_request_error")
    calls = _calls(body)
    text = "" if calls else _text(body, fault)
    usage = request.app.state.openai_kept.usage(messages, text)
    if body.get("stream"):
        with_usage = (body.get("stream_options") or {}).get("include_usage", False)
        pause = request.app.state.token_seconds(request)
        chunks = _chunks(body["model"], text, calls, fault, pause, usage if with_usage else None)
        return StreamingResponse(chunks, media_type="text/event-stream")
    refused = fault.kind == "refuse"
    message = {"role": "assistant", "content": None if refused else text, "refusal": "I will not." if refused else None}
    if calls:
        message |= {"content": None, "tool_calls": calls}
    return JSONResponse(
        {
            "id": _id(text),
            "object": "chat.completion",
            "created": _CREATED,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": _reason(calls)}],
            "usage": usage,
        }
    )


def prompt_of(messages: list[dict[str, Any]]) -> str:
    """What the first user asked; corrections that follow do not change the subject."""
    user = [message["content"] for message in messages if message["role"] == "user"]
    return text_of(user[0]) if user else ""


def text_of(content: str | list[dict[str, Any]]) -> str:
    """What is said, and which files come with it."""
    return content if isinstance(content, str) else " ".join(part.get("text") or seen(part) for part in content)


def seen(part: dict[str, Any]) -> str:
    """A file as the stand-in sees it: what it is, and how many bytes or where."""
    kind = part.get("type", "")
    if kind == "image_url":
        return f"[image {_size(part['image_url']['url'])}]"
    if kind == "file":
        return f"[file {part['file']['filename']} {_size(part['file']['file_data'])}]"
    source = part.get("source", {})
    if source.get("type") == "base64":
        return f"[{kind} {source['media_type']} of {len(base64.b64decode(source['data'], validate=True))} bytes]"
    return f"[{kind} {source.get('url') or source.get('data')}]" if source else ""


def _size(url: str) -> str:
    head, found, data = url.partition(";base64,")
    return f"{head.removeprefix('data:')} of {len(base64.b64decode(data, validate=True))} bytes" if found else url


def _calls(body: dict[str, Any]) -> list[dict[str, Any]]:
    messages = body["messages"]
    asked = max((at for at, message in enumerate(messages) if message["role"] == "user"), default=0)
    done = sum(message["role"] == "assistant" for message in messages[asked:])
    before = " ".join(text_of(message["content"]) for message in messages[:asked] if message["role"] == "user")
    tools = {tool["function"]["name"]: tool["function"]["parameters"] for tool in body.get("tools", ())}
    return [
        {"id": mark, "type": "function", "function": {"name": name, "arguments": _written(given)}}
        for mark, name, given in wanted_calls(tools, text_of(messages[asked]["content"]), done, before)
    ]


def _written(given: Any) -> str:
    """Arguments as the model writes them; text is what it wrote in the place of JSON."""
    return given if isinstance(given, str) else json.dumps(given)


def _reason(calls: list[dict[str, Any]]) -> str:
    return "tool_calls" if calls else "stop"


def _text(body: dict[str, Any], fault: Fault) -> str:
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        schema = wanted["json_schema"]["schema"]
        return json.dumps(
            nonsense(schema) if fault.kind == "nonsense" else instance(schema, prompt_of(body["messages"]))
        )
    asked = max((at for at, message in enumerate(body["messages"]) if message["role"] == "user"), default=0)
    results = [message["content"] for message in body["messages"][asked:] if message["role"] == "tool"]
    return after_tools(results) if results else answer(prompt_of(body["messages"]))


class Kept:
    """System prompts that were seen before: the service reads them from its cache by itself when they are long."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def usage(self, messages: list[dict[str, Any]], text: str) -> dict[str, Any]:
        """What the request took."""
        read = sum(len(text_of(message.get("content") or "").split()) for message in messages)
        written = len(text.split())
        system = next((message["content"] for message in messages if message["role"] == "system"), "")
        kept = len(system.split()) if system in self._seen and len(system.split()) >= 100 else 0
        self._seen.add(system)
        return {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
            "prompt_tokens_details": {"cached_tokens": kept},
        }


def _id(text: str) -> str:
    return "chatcmpl-standin" + hashlib.sha256(text.encode()).hexdigest()[:16]


def tokens(text: str) -> list[str]:
    """The text in pieces as a model would send it."""
    pieces = text.split(" ")
    return [piece if index == 0 else " " + piece for index, piece in enumerate(pieces)]


async def _chunks(
    model: str,
    text: str,
    calls: list[dict[str, Any]],
    fault: Fault,
    pause: float,
    usage: dict[str, Any] | None,
) -> AsyncIterator[bytes]:
    def chunk(delta: dict[str, Any], reason: str | None = None, **more: Any) -> bytes:
        choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]
        head = {"id": _id(text), "object": "chat.completion.chunk", "created": _CREATED, "model": model}
        return b"data: " + json.dumps({**head, "choices": choices, "usage": None, **more}).encode() + b"\n\n"

    yield chunk({"role": "assistant", "content": ""})
    if fault.kind == "refuse":
        yield chunk({"refusal": "I will not."})
    for position, piece in enumerate(tokens(text) if text else ()):
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
    for index, call in enumerate(calls):
        name, arguments = call["function"]["name"], call["function"]["arguments"]
        yield chunk({"tool_calls": [{**call, "index": index, "function": {"name": name, "arguments": ""}}]})
        for piece in tokens(arguments):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, _reason(calls))
    if usage is not None:
        yield chunk({}, None, choices=[], usage=usage)
    yield b"data: [DONE]\n\n"


async def embeddings(request: Request) -> Response:
    """POST /v1/embeddings: texts that share words have vectors that point alike."""
    body = await request.json()
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    size = int(body.get("dimensions") or 64)
    rows = [{"object": "embedding", "index": at, "embedding": vector_of(text, size)} for at, text in enumerate(texts)]
    read = sum(len(str(text).split()) for text in texts)
    usage = {"prompt_tokens": read, "total_tokens": read}
    return JSONResponse({"object": "list", "data": rows, "model": body.get("model", ""), "usage": usage})


def vector_of(text: str, size: int) -> list[float]:
    """A vector of length one; texts that share words point alike."""
    values = [0.0] * size
    for word in words(text):
        digest = hashlib.sha256(word.encode()).digest()
        values[int.from_bytes(digest[:4]) % size] += 1.0 if digest[4] % 2 else -1.0
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return [round(value / length, 6) for value in values]
