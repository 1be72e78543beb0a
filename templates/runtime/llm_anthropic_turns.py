"""Turns of a conversation as Anthropic's messages protocol writes them."""

from collections.abc import Iterable
from typing import Any

import orjson

from .errors import FlowError
from .llm_files import Attachment
from .llm_turns import CacheTime, Message, Part, ToolCall, ToolTurn, Turn, text_of_content


def sent_system(text: str, cache: CacheTime | None) -> str | list[dict[str, Any]]:
    """The system prompt; with `cache`, it and the tools before it are kept for the next request."""
    return text if cache is None else [{"type": "text", "text": text, **kept(cache)}]


def sent_turns(turns: Iterable[Turn], model: str) -> list[dict[str, Any]]:
    """The turns. What several tools gave is one turn of the user, as the protocol wants it.

    What another model thought is left out: `model` would refuse it.
    """
    sent: list[dict[str, Any]] = []
    results: list[dict[str, Any]] | None = None
    for turn in turns:
        if turn["role"] == "tool":
            if results is None:
                results = []
                sent.append({"role": "user", "content": results})
            results.append(_result(turn))
            continue
        results = None
        sent.append(_calling(turn, model) if turn.get("tool_calls") else _said(turn))
    return sent


def _said(turn: Message) -> dict[str, Any]:
    content, cache = turn["content"], turn.get("cache")
    if isinstance(content, str) and cache is None:
        return {"role": turn["role"], "content": content}
    parts = [_part(part) for part in ([content] if isinstance(content, str) else content) if part != ""]
    if cache is not None and parts:
        parts[-1] |= kept(cache)
    return {"role": turn["role"], "content": parts}


def _calling(turn: Message, model: str) -> dict[str, Any]:
    text = text_of_content(turn["content"])
    said = [{"type": "text", "text": text}] if text else []
    calls = [_call(call) for call in turn.get("tool_calls", ())]
    thought = turn.get("thinking", ()) if turn.get("thinker") == model else ()
    return {"role": "assistant", "content": [*thought, *said, *calls]}


def _call(call: ToolCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": call["id"], "name": call["name"], "input": _input(call["arguments"])}


def _input(arguments: str) -> dict[str, Any]:
    """Arguments as an object; what a model wrote may be none, and then the tool's result says so."""
    try:
        value = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _result(turn: ToolTurn) -> dict[str, Any]:
    result = {"type": "tool_result", "tool_use_id": turn["call_id"], "content": turn["content"]}
    return {**result, "is_error": True} if turn.get("failed") else result


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if part.is_image:
        return {"type": "image", "source": _source(part)}
    if part.media_type == "application/pdf":
        return {"type": "document", "source": _source(part), "title": part.name}
    text = part.text
    if text is None:
        raise FlowError("this model takes images, PDF and text as files, nothing else", kind="invalid_request")
    source = {"type": "text", "media_type": "text/plain", "data": text}
    return {"type": "document", "source": source, "title": part.name}


def _source(file: Attachment) -> dict[str, Any]:
    if file.url is not None:
        return {"type": "url", "url": file.url}
    return {"type": "base64", "media_type": file.media_type, "data": file.base64}


def kept(cache: CacheTime) -> dict[str, Any]:
    """The mark behind what the service shall keep."""
    return {"cache_control": {"type": "ephemeral", **({} if cache == "5m" else {"ttl": cache})}}
