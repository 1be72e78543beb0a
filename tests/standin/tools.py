"""Which tools the stand-in wants to have called: those that the last question names, once, with arguments that fit."""

import hashlib
from typing import Any

from .structured import instance


def wanted_calls(tools: dict[str, dict[str, Any]], prompt: str) -> list[tuple[str, str, Any]]:
    """An id, the tool's name and its arguments, for each tool (name to schema) that the prompt names; the order is the
    prompt's."""
    named = sorted((name for name in tools if name in prompt), key=prompt.index)
    return [(_id(name, prompt), name, instance(tools[name], prompt)) for name in named]


def after_tools(results: list[str]) -> str:
    """What the stand-in says when it has the results."""
    return "The tools say: " + "; ".join(results)


def _id(name: str, prompt: str) -> str:
    return "call_" + hashlib.sha256(f"{name} {prompt}".encode()).hexdigest()[:12]
