"""Turns of a conversation as OpenAI's chat completions protocol writes them."""

from collections.abc import Iterable
from typing import Any

from .errors import FlowError
from .llm_turns import Message, Part, Turn, text_of_content


def sent_turns(system: str | None, turns: Iterable[Turn]) -> list[dict[str, Any]]:
    """The system prompt and the turns. What the service keeps for the next request is its own choice."""
    sent: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    for turn in turns:
        if turn["role"] == "tool":
            sent.append({"role": "tool", "tool_call_id": turn["call_id"], "content": turn["content"]})
        elif turn.get("tool_calls"):
            sent.append(_calling(turn))
        elif isinstance(turn["content"], str):
            sent.append({"role": turn["role"], "content": turn["content"]})
        else:
            sent.append({"role": turn["role"], "content": [_part(part) for part in turn["content"]]})
    return sent


def _calling(turn: Message) -> dict[str, Any]:
    calls = [
        {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": call["arguments"]}}
        for call in turn.get("tool_calls", ())
    ]
    return {"role": "assistant", "content": text_of_content(turn["content"]) or None, "tool_calls": calls}


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if part.is_image:
        return {"type": "image_url", "image_url": {"url": part.url or part.data_url}}
    if part.text is not None:
        return {"type": "text", "text": f"{part.name}:\n{part.text}"}
    if part.url is not None:
        raise FlowError("this model takes only images by their address: send the file itself", kind="invalid_request")
    return {"type": "file", "file": {"filename": part.name, "file_data": part.data_url}}
