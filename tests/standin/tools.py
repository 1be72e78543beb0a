"""Which tools the stand-in wants to have called: those that the last question names, once, with arguments that fit.

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


def wanted_calls(tools: dict[str, dict[str, Any]], prompt: str, done: int) -> list[tuple[str, str, Any]]:
    """An id, the tool's name and its arguments, for each tool (name to schema) that the prompt names; the order is the
    prompt's. `done`: how many rounds of tools there were since the question."""
    rounds = [json.loads(line) for line in _ROUND.findall(prompt)]
    if rounds:
        calls = rounds[done] if done < len(rounds) else []
        return [(_id(f"{name} {number}", prompt), name, given) for number, (name, given) in enumerate(calls)]
    named = sorted((name for name in tools if name in prompt), key=prompt.index) if not done else []
    return [(_id(name, prompt), name, instance(tools[name], prompt)) for name in named]


def after_tools(results: list[str]) -> str:
    """What the stand-in says when it has the results."""
    return "The tools say: " + "; ".join(results)


def _id(name: str, prompt: str) -> str:
    return "call_" + hashlib.sha256(f"{name} {prompt}".encode()).hexdigest()[:12]
