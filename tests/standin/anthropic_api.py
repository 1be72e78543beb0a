"""Anthropic's messages, as their SDK expects them."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from .faults import CutConnection, Fault
from .openai_api import prompt_of, text_of, tokens
from .structured import instance, nonsense
from .tools import after_tools, wanted_calls
from .words import answer

_THINKS = re.compile(r"-5-\d|fable")
"""Models that think by themselves."""

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
    if (wrong := _wrong(body)) is not None:
        return failure(400, wrong)
    blocks = [*_thinking(body), *_blocks(body, fault)]
    message = _message(body, blocks, fault, request.app.state.anthropic_kept)
    if body.get("stream"):
        events = _events(message, fault, request.app.state.token_seconds(request))
        return StreamingResponse(events, media_type="text/event-stream")
    return JSONResponse(message)


def _wrong(body: dict[str, Any]) -> str | None:
    thinking = body.get("thinking") or {}
    if thinking.get("type") == "enabled" and not 1024 <= thinking["budget_tokens"] < body["max_tokens"]:
        return "budget_tokens is at least 1024 and less than max_tokens"
    if thinking.get("type") in {"enabled", "adaptive"} and "temperature" in body:
        return "temperature cannot be set when thinking"
    if _THINKS.search(body["model"]) and (body.get("tool_choice") or {}).get("type") in {"any", "tool"}:
        return "tool_choice forces tool use, which this model does not support"
    if any(block["signature"] != _signature(body) for block in _thoughts(body)):
        return "a thinking block is bound to the model that wrote it"
    return None


def _thoughts(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for part in _turns(body["messages"]) if part.get("type") == "thinking"]


def _signature(body: dict[str, Any]) -> str:
    return f"signed-by-{body['model']}"


def _thinking(body: dict[str, Any]) -> list[dict[str, Any]]:
    """What it thought first, where it was asked to think."""
    if (body.get("thinking") or {}).get("type") not in {"enabled", "adaptive"} and not _THINKS.search(body["model"]):
        return []
    return [{"type": "thinking", "thinking": "Let me see.", "signature": _signature(body)}]


def _blocks(body: dict[str, Any], fault: Fault) -> list[dict[str, Any]]:
    """The answer: text, or the use of tools."""
    prompt = prompt_of(body["messages"])
    tools = {tool["name"]: tool["input_schema"] for tool in body.get("tools", ())}
    forced = (body.get("tool_choice") or {}).get("name")
    shape = (body.get("output_config") or {}).get("format")
    if forced:
        value = nonsense(tools[forced]) if fault.kind == "nonsense" else instance(tools[forced], prompt)
        return [{"type": "tool_use", "id": "toolu_standin", "name": forced, "input": value}]
    results = _results(body["messages"][-1])
    asked = max(at for at, turn in enumerate(body["messages"]) if turn["role"] == "user" and not _results(turn))
    done = sum(turn["role"] == "assistant" for turn in body["messages"][asked:])
    earlier = [turn for turn in body["messages"][:asked] if turn["role"] == "user" and not _results(turn)]
    before = " ".join(text_of(turn["content"]) for turn in earlier)
    calls = wanted_calls(tools, text_of(body["messages"][asked]["content"]), done, before)
    if calls:
        return [{"type": "tool_use", "id": mark, "name": name, "input": given} for mark, name, given in calls]
    if (body.get("tool_choice") or {}).get("type") in {"any", "auto"}:
        name = list(tools)[-1]
        return [{"type": "tool_use", "id": "toolu_standin", "name": name, "input": instance(tools[name], prompt)}]
    if shape:
        value = nonsense(shape["schema"]) if fault.kind == "nonsense" else instance(shape["schema"], prompt)
        return [{"type": "text", "text": json.dumps(value)}]
    text = after_tools([part["content"] for part in results]) if results else answer(prompt)
    return [{"type": "text", "text": "" if fault.kind == "refuse" else text}]


def _results(turn: dict[str, Any]) -> list[dict[str, Any]]:
    content = turn["content"]
    return [part for part in content if part.get("type") == "tool_result"] if isinstance(content, list) else []


class Kept:
    """What was marked to be kept: the first request with it writes it, the next ones read it."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def usage(self, body: dict[str, Any]) -> dict[str, int]:
        """The words of the request: before the last mark, and behind it."""
        parts = [*body.get("tools", ()), *_parts(body.get("system", "")), *_turns(body["messages"])]
        marks = [number for number, part in enumerate(parts, 1) if "cache_control" in part]
        kept, rest = (parts[: marks[-1]], parts[marks[-1] :]) if marks else ([], parts)
        name = json.dumps(kept)
        key = "cache_read_input_tokens" if name in self._seen else "cache_creation_input_tokens"
        self._seen.add(name)
        usage = {"cache_read_input_tokens": 0, "cache_creation_input_tokens": 0, "input_tokens": _size(rest)}
        return {**usage, key: _size(kept)} if kept else usage


def _parts(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _turns(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [part for turn in turns for part in _parts(turn.get("content", ""))]


def _size(parts: list[dict[str, Any]]) -> int:
    return sum(len((text_of([part]) if "type" in part else json.dumps(part)).split()) for part in parts)


def _message(body: dict[str, Any], blocks: list[dict[str, Any]], fault: Fault, kept: Kept) -> dict[str, Any]:
    text = " ".join(block.get("text") or json.dumps(block.get("input", "")) for block in blocks)
    uses_tools = blocks[-1]["type"] == "tool_use"
    return {
        "id": "msg_standin" + hashlib.sha256(text.encode()).hexdigest()[:16],
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": blocks,
        "stop_reason": "refusal" if fault.kind == "refuse" else "tool_use" if uses_tools else "end_turn",
        "stop_sequence": None,
        "usage": {**kept.usage(body), "output_tokens": len(text.split())},
    }


def _event(kind: str, **data: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()


async def _events(message: dict[str, Any], fault: Fault, pause: float) -> AsyncIterator[bytes]:
    usage = {**message["usage"], "output_tokens": 1}
    yield _event("message_start", message={**message, "content": [], "stop_reason": None, "usage": usage})
    position = 0
    for index, block in enumerate(message["content"]):
        yield _event("content_block_start", index=index, content_block={**block, **_EMPTY[block["type"]]})
        yield _event("ping")
        for delta in _deltas(block):
            if fault.after("cut", position):
                raise CutConnection
            if fault.after("end", position):
                return
            if fault.after("error", position):
                yield _event("error", error={"type": "overloaded_error", "message": "asked to fail"})
                return
            yield _event("content_block_delta", index=index, delta=delta)
            position += 1
            if pause:
                await asyncio.sleep(pause)
        yield _event("content_block_stop", index=index)
    end = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield _event("message_delta", delta=end, usage={"output_tokens": message["usage"]["output_tokens"]})
    yield _event("message_stop")


_EMPTY: dict[str, dict[str, Any]] = {
    "text": {"text": ""},
    "tool_use": {"input": {}},
    "thinking": {"thinking": "", "signature": ""},
}


def _deltas(block: dict[str, Any]) -> list[dict[str, Any]]:
    if block["type"] == "thinking":
        return [
            *({"type": "thinking_delta", "thinking": piece} for piece in tokens(block["thinking"])),
            {"type": "signature_delta", "signature": block["signature"]},
        ]
    if block["type"] == "tool_use":
        return [{"type": "input_json_delta", "partial_json": piece} for piece in tokens(json.dumps(block["input"]))]
    return [{"type": "text_delta", "text": piece} for piece in tokens(block["text"])]
