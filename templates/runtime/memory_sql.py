"""Conversations in a database, PostgreSQL or SQLite: a row for each exchange, in a table that is made when it is first
needed."""

from collections.abc import Sequence
from time import time
from weakref import WeakSet

import orjson

from .llm_turns import Turn
from .memory import Exchange, Keeping, Stored
from .sql import Database
from .sql_statement import Statement

# One at a time, for two processes may begin together.
_ALONE = Statement("SELECT pg_advisory_xact_lock(7274012)", embedded="SELECT 1")
_EXCHANGES = Statement(
    "CREATE TABLE IF NOT EXISTS conversation_exchanges (number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " session TEXT NOT NULL, turns TEXT NOT NULL, ends DOUBLE PRECISION NOT NULL)",
    embedded="CREATE TABLE IF NOT EXISTS conversation_exchanges (number INTEGER PRIMARY KEY AUTOINCREMENT,"
    " session TEXT NOT NULL, turns TEXT NOT NULL, ends DOUBLE PRECISION NOT NULL)",
)
_SUMMARIES = Statement(
    "CREATE TABLE IF NOT EXISTS conversation_summaries (session TEXT PRIMARY KEY, upto BIGINT NOT NULL,"
    " summary TEXT NOT NULL, ends DOUBLE PRECISION NOT NULL)"
)
_BY_SESSION = Statement(
    "CREATE INDEX IF NOT EXISTS conversation_by_session ON conversation_exchanges (session, number)"
)
_BY_END = Statement("CREATE INDEX IF NOT EXISTS conversation_by_end ON conversation_exchanges (ends)")

_LOAD = Statement("SELECT number, turns FROM conversation_exchanges WHERE session = $1 AND ends > $2 ORDER BY number")
_SUMMARY = Statement("SELECT summary FROM conversation_summaries WHERE session = $1 AND ends > $2")
_ADD = Statement("INSERT INTO conversation_exchanges (session, turns, ends) VALUES ($1, $2, $3)")
_KEEP_ON = Statement("UPDATE conversation_exchanges SET ends = $2 WHERE session = $1")
_KEEP_SUMMARY = Statement("UPDATE conversation_summaries SET ends = $2 WHERE session = $1")
_TRIM = Statement(
    "DELETE FROM conversation_exchanges WHERE session = $1 AND number <= (SELECT number FROM conversation_exchanges"
    " WHERE session = $1 ORDER BY number DESC LIMIT 1 OFFSET $2)"
)
_END = Statement("DELETE FROM conversation_exchanges WHERE ends <= $1")
_END_SUMMARIES = Statement("DELETE FROM conversation_summaries WHERE ends <= $1")
_SUM_UP = Statement(
    "INSERT INTO conversation_summaries (session, upto, summary, ends) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (session) DO UPDATE SET upto = excluded.upto, summary = excluded.summary, ends = excluded.ends"
    " WHERE conversation_summaries.upto < excluded.upto"
)
_SUMMED = Statement("DELETE FROM conversation_exchanges WHERE session = $1 AND number <= $2")

_MADE: "WeakSet[Database]" = WeakSet()


class SqlMemory:
    """The conversations of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, key: str) -> Stored:
        """What is kept of a session."""
        await self._make()
        now = time()
        rows = await self._database.fetch_all(_LOAD, [key, now])
        summary = await self._database.fetch_value(_SUMMARY, [key, now])
        return Stored(summary or "", [Exchange(row["number"], orjson.loads(row["turns"])) for row in rows])

    async def append(self, key: str, turns: Sequence[Turn], keeping: Keeping) -> None:
        """Add an exchange, and let go of what is too old."""
        await self._make()
        now = time()
        async with self._database.transaction() as work:
            await work.execute(_END, [now])
            await work.execute(_END_SUMMARIES, [now])
            await work.execute(_ADD, [key, orjson.dumps(turns).decode(), now + keeping.ttl])
            await work.execute(_KEEP_ON, [key, now + keeping.ttl])
            await work.execute(_KEEP_SUMMARY, [key, now + keeping.ttl])
            await work.execute(_TRIM, [key, keeping.most])

    async def summarize(self, key: str, upto: int, summary: str) -> None:
        """Put a summary in the place of the first exchanges."""
        async with self._database.transaction() as work:
            await work.execute(_SUM_UP, [key, upto, summary, time() + Keeping().ttl])
            await work.execute(_SUMMED, [key, upto])

    async def _make(self) -> None:
        if self._database in _MADE:
            return
        async with self._database.transaction() as work:
            await work.fetch_all(_ALONE)
            for statement in (_EXCHANGES, _SUMMARIES, _BY_SESSION, _BY_END):
                await work.execute(statement)
        _MADE.add(self._database)
