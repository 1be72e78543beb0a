"""Where a value goes, and what may go there.

A sink is a position of the flow file with a rule of its own: a URL takes no list and no none, a log takes no secret.
The rules here are data; `check_sinks.py` applies them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Sink(Enum):
    """A kind of position. The value is how messages call it."""

    VALUE = "a value"
    TEXT = "text"
    PROMPT = "a prompt"
    SYSTEM = "a system prompt"
    URL = "a URL"
    QUERY = "a query parameter"
    HEADER = "a header"
    SQL = "an SQL parameter"
    PATH = "a path"
    FILENAME = "a file name"
    KEY = "a key"
    LOG = "a log"
    OUTPUT = "the output"
    CONDITION = "a condition"
    CACHE_KEY = "a cache key"
    ERROR = "an error"
    RESPONSE = "a response"
    AUTH = "credentials"
    SECRET_SETTING = "a secret setting"  # noqa: S105 - no password


@dataclass(frozen=True, slots=True)
class SinkRule:
    """What a sink takes. `takes_none` and `takes_lists` speak of each hole, also inside text."""

    takes_secrets: bool = False
    takes_none: bool = True
    takes_lists: bool = True
    none_code: str = "E401"
    shape_code: str = "E402"


_SCALARS_ONLY = SinkRule(takes_none=False, takes_lists=False)

RULES: dict[Sink, SinkRule] = {
    Sink.VALUE: SinkRule(),
    Sink.TEXT: SinkRule(),
    Sink.PROMPT: SinkRule(),
    Sink.SYSTEM: SinkRule(),
    Sink.URL: _SCALARS_ONLY,
    Sink.QUERY: _SCALARS_ONLY,
    Sink.HEADER: SinkRule(takes_secrets=True, takes_none=False, takes_lists=False),
    Sink.SQL: SinkRule(takes_none=False),
    Sink.PATH: _SCALARS_ONLY,
    Sink.FILENAME: _SCALARS_ONLY,
    Sink.KEY: _SCALARS_ONLY,
    Sink.LOG: SinkRule(),
    Sink.OUTPUT: SinkRule(),
    Sink.CONDITION: SinkRule(),
    Sink.CACHE_KEY: SinkRule(),
    Sink.ERROR: SinkRule(),
    Sink.RESPONSE: SinkRule(),
    Sink.AUTH: SinkRule(takes_secrets=True, takes_none=False, takes_lists=False),
    Sink.SECRET_SETTING: SinkRule(takes_secrets=True, takes_none=False, takes_lists=False),
}
