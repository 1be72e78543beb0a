"""Which tools the stand-in wants to have called: those that the last question is about, once, with arguments that fit.

A question is about `find_order` when it has that word, or `order`. A number that a tool wants is one of the question,
else of what was said before.

A question can also say it exactly, with a line for each round:

```
round: [["find_order", {"order_id": 7}], ["no_such_tool", {}]]
round: [["refund", "arguments that are no JSON"]]
```
"""

import hashlib
import json
import re
from typing import Any

from .structured import instance

_ROUND = re.compile(r"^round: (\[.*\])$", re.MULTILINE)


def wanted_calls(
    tools: dict[str, dict[str, Any]], prompt: str, done: int, before: str = ""
) -> list[tuple[str, str, Any]]:
    """An id, the tool's name and its arguments, for each tool (name to schema) that the prompt is about, in its order.

    `done`: how many rounds of tools there were since the question. `before`: what the user said earlier.
    """
    rounds = [json.loads(line) for line in _ROUND.findall(prompt)]
    if rounds:
        calls = rounds[done] if done < len(rounds) else []
        return [(_id(f"{name} {number}", prompt), name, given) for number, (name, given) in enumerate(calls)]
    places = {name: _place(name, prompt) for name in tools} if not done else {}
    named = sorted((name for name, place in places.items() if place >= 0), key=lambda name: places[name])
    return [(_id(name, prompt), name, _arguments(tools[name], prompt, before)) for name in named]


_VERBS = frozenset(["find", "get", "list", "check", "look", "open", "start", "make", "send", "create"])


def _place(name: str, prompt: str) -> int:
    """Where the prompt speaks of a tool; -1 where it does not."""
    if name in prompt:
        return prompt.index(name)
    things = [part for part in name.lower().split("_") if part not in _VERBS]
    if "" in things:
        return -1
    places = [prompt.lower().find(thing) for thing in things]
    return min(places, default=-1)


def _arguments(schema: dict[str, Any], prompt: str, before: str) -> Any:
    given = instance(schema, prompt)
    numbers = re.findall(r"\d+", prompt) or re.findall(r"\d+", before)
    for name, part in schema.get("properties", {}).items():
        if part.get("type") == "integer" and numbers:
            given[name] = int(numbers[0])
    return given


def after_tools(results: list[str]) -> str:
    """What the stand-in says when it has the results."""
    return "The tools say: " + "; ".join(results)


def _id(name: str, prompt: str) -> str:
    return "call_" + hashlib.sha256(f"{name} {prompt}".encode()).hexdigest()[:12]
