"""Anthropic's messages, as their SDK expects them."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from .faults import CutConnection, Fault
from .openai_api import prompt_of, tokens
from .structured import instance, nonsense
from .words import answer

_ERRORS = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error", 529: "overloaded_error"}


def failure(status: int, message: str = "asked to fail") -> JSONResponse:
    """An error in Anthropic's shape."""
    body = {"type": "error", "error": {"type": _ERRORS.get(status, "api_error"), "message": message}}
    return JSONResponse(body, status, {"retry-after": "1"} if status in {429, 503, 529} else None)


async def messages(request: Request) -> Response:
    """POST /v1/messages."""
    body = await request.json()
    turns = body.get("messages")
    if not isinstance(turns, list) or not body.get("model") or not isinstance(body.get("max_tokens"), int):
        return failure(400, "model, messages and max_tokens are needed")
    said = sum(turn["role"] == "assistant" for turn in turns)
    fault = request.app.state.faults.wanted(request, body["model"], said)
    if fault.kind == "fail":
        return failure(fault.number)
    if fault.kind == "slow":
        await asyncio.sleep(fault.number / 1000)
    block = _block(body, fault)
    message = _message(body, block, fault)
    if body.get("stream"):
        events = _events(message, block, fault, request.app.state.token_seconds(request))
        return StreamingResponse(events, media_type="text/event-stream")
    return JSONResponse(message)


def _block(body: dict[str, Any], fault: Fault) -> dict[str, Any]:
    """The answer: text, or the use of a tool that must be used."""
    prompt = prompt_of(body["messages"])
    tool = next((each for each in body.get("tools", []) if (body.get("tool_choice") or {}).get("type") == "tool"), None)
    shape = (body.get("output_config") or {}).get("format")
    schema = tool["input_schema"] if tool else shape["schema"] if shape else None
    if schema is None:
        return {"type": "text", "text": "" if fault.kind == "refuse" else answer(prompt)}
    value = nonsense(schema) if fault.kind == "nonsense" else instance(schema, prompt)
    if tool:
        return {"type": "tool_use", "id": "toolu_standin", "name": tool["name"], "input": value}
    return {"type": "text", "text": json.dumps(value)}


def _message(body: dict[str, Any], block: dict[str, Any], fault: Fault) -> dict[str, Any]:
    text = block.get("text") or json.dumps(block.get("input"))
    read = sum(len(str(turn.get("content", "")).split()) for turn in body["messages"])
    reason = "refusal" if fault.kind == "refuse" else "tool_use" if block["type"] == "tool_use" else "end_turn"
    return {
        "id": "msg_standin" + hashlib.sha256(text.encode()).hexdigest()[:16],
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [block],
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {"input_tokens": read, "output_tokens": len(text.split())},
    }


def _event(kind: str, **data: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()


async def _events(message: dict[str, Any], block: dict[str, Any], fault: Fault, pause: float) -> AsyncIterator[bytes]:
    usage = {**message["usage"], "output_tokens": 1}
    yield _event("message_start", message={**message, "content": [], "stop_reason": None, "usage": usage})
    is_tool = block["type"] == "tool_use"
    yield _event(
        "content_block_start", index=0, content_block={**block, **({"input": {}} if is_tool else {"text": ""})}
    )
    yield _event("ping")
    for position, piece in enumerate(tokens(json.dumps(block["input"]) if is_tool else block["text"])):
        if fault.after("cut", position):
            raise CutConnection
        if fault.after("end", position):
            return
        if fault.after("error", position):
            yield _event("error", error={"type": "overloaded_error", "message": "asked to fail"})
            return
        delta = (
            {"type": "input_json_delta", "partial_json": piece} if is_tool else {"type": "text_delta", "text": piece}
        )
        yield _event("content_block_delta", index=0, delta=delta)
        if pause:
            await asyncio.sleep(pause)
    yield _event("content_block_stop", index=0)
    end = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield _event("message_delta", delta=end, usage={"output_tokens": message["usage"]["output_tokens"]})
    yield _event("message_stop")
