"""The outside that flows call, the same for the reference and for emitted code: slow, unreliable and repeatable.

What a call gets depends on the seed, on what is called and on how often the same was called before. A path says what is
asked for: `/<node>/<shape>/...`.
"""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import Any

from tests.flows.clock import now


@dataclass(slots=True)
class Call:
    """One call, and how it ended: `done` or `cancelled`."""

    key: str
    start: float
    end: float = -1.0
    fate: str = "open"


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back; status 0 means that nobody answers."""

    status: int
    body: bytes = b""
    retry_after: str | None = None


@dataclass(slots=True)
class World:
    """`trouble` is the share of calls that go wrong."""

    seed: int
    trouble: float = 0.12
    calls: list[Call] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    async def exchange(self, method: str, path: str, body: bytes) -> Answer:
        """Answer a call after its delay."""
        key = f"{method} {path} {body.decode()}".strip()
        attempt = self.counts[key] = self.counts.get(key, 0) + 1
        chance = random.Random(f"{self.seed}|{key}|{attempt}")
        call = Call(f"{key} #{attempt}", now())
        self.calls.append(call)
        try:
            await asyncio.sleep(round(chance.uniform(0.005, 2.0), 6))
            answer = self._answer(path, chance)
            if answer is None:
                await asyncio.sleep(1_000.0)
                answer = Answer(0)
        except asyncio.CancelledError:
            call.end, call.fate = now(), "cancelled"
            raise
        call.end, call.fate = now(), "done"
        return answer

    def _answer(self, path: str, chance: random.Random) -> Answer | None:
        if chance.random() < self.trouble:
            return chance.choice(_TROUBLES)
        return Answer(200, json.dumps(reply(path.split("/")[2], chance)).encode())


_TROUBLES: list[Answer | None] = [
    Answer(404),
    Answer(409),
    Answer(500),
    Answer(503),
    Answer(503, retry_after="1"),
    Answer(429, retry_after="3"),
    Answer(0),
    Answer(200, b"no json"),
    Answer(200, b'{"n": "wrong"}'),
    None,
]


def reply(shape: str, chance: random.Random) -> Any:
    """A value of a shape that `generate.py` knows."""
    match shape:
        case "int":
            return chance.randint(-5, 9)
        case "list":
            return [chance.randint(0, 9) for _ in range(chance.randint(0, 3))]
        case _:
            return {
                "n": chance.randint(-5, 9),
                "s": chance.choice(["", "a", "Beta", "gamma x"]),
                "ok": chance.random() < 0.5,
                "xs": [chance.randint(0, 9) for _ in range(chance.randint(0, 3))],
                "maybe": chance.choice([None, 1, 7]),
            }


def fits(shape: str, value: Any) -> bool:
    """Whether an answer has the shape that was declared for it."""
    match shape:
        case "int":
            return _is_int(value)
        case "list":
            return isinstance(value, list) and all(_is_int(item) for item in value)
        case "rep":
            return (
                isinstance(value, dict)
                and _is_int(value.get("n"))
                and isinstance(value.get("s"), str)
                and isinstance(value.get("ok"), bool)
                and fits("list", value.get("xs"))
                and (value.get("maybe") is None or _is_int(value["maybe"]))
            )
        case _:
            return True


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
