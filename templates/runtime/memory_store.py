"""Conversations in Redis, or in the memory that stands in for it: a list of exchanges for each session.

An exchange is one command that puts it in front of the list, so none is lost however many come at the same time.
"""

from collections.abc import Sequence

import orjson

from .llm_turns import Turn
from .memory import Exchange, Keeping, Stored
from .store import Store


class StoreMemory:
    """The conversations of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def load(self, key: str) -> Stored:
        """What is kept of a session."""
        upto, summary = await self._summary(key)
        found = [orjson.loads(each) for each in await self._store.slice(_list(key), 0, Keeping().most - 1)]
        exchanges = [Exchange(each["number"], each["turns"]) for each in found if each["number"] > upto]
        most = min((each["most"] for each in found), default=0)
        return Stored(summary, sorted(exchanges, key=lambda each: each.number)[-most:])

    async def append(self, key: str, turns: Sequence[Turn], keeping: Keeping) -> None:
        """Add an exchange."""
        number = await self._store.increase(_count(key), 1)
        exchange = orjson.dumps({"number": number, "turns": turns, "most": keeping.most})
        length = await self._store.push(_list(key), [exchange])
        if length > 2 * keeping.most:
            # One for one, and with room to spare: of two runs at the same time, none takes what the other still needs.
            await self._store.pop(_list(key))
        for name in (_list(key), _count(key), _text(key)):
            await self._store.expire(name, keeping.ttl)

    async def summarize(self, key: str, upto: int, summary: str) -> None:
        """Put a summary in the place of the first exchanges; they stay in the list, unread, until they fall out."""
        if (await self._summary(key))[0] < upto:
            await self._store.set(_text(key), orjson.dumps([upto, summary]), Keeping().ttl)

    async def _summary(self, key: str) -> tuple[int, str]:
        found = await self._store.get(_text(key))
        upto, summary = orjson.loads(found) if found is not None else (0, "")
        return upto, summary


# The braces keep the keys of a session on one node of a cluster.
def _list(key: str) -> str:
    return f"conversation:{{{key}}}"


def _count(key: str) -> str:
    return f"conversation:{{{key}}}:count"


def _text(key: str) -> str:
    return f"conversation:{{{key}}}:summary"
