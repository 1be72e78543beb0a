"""Search and replace with the regular expressions that stand in the flow. Patterns never come from data.

A text to be searched has at most 64 K characters.
"""

import re
from functools import cache
from typing import Any

from .errors import ExpressionError
from .values import MAX_TEXT, kind_of, limit

MAX_SEARCHED = 64 * 1024

_compiled = cache(re.compile)


def regex_match(value: Any, pattern: str) -> bool:
    """Whether the pattern is found anywhere in the text."""
    return _compiled(pattern).search(_searched("regex_match", value)) is not None


def regex_find(value: Any, pattern: str, group: int | str = 0) -> str | None:
    """The first match in the text, or one group of it; None when there is none."""
    match = _compiled(pattern).search(_searched("regex_find", value))
    found: str | None = match[group] if match else None
    return found


def regex_replace(value: Any, pattern: str, replacement: str) -> str:
    r"""The text with `replacement` for each match; it may hold `\1` or `\g<name>` for the match's groups."""
    source = _searched("regex_replace", value)
    parts: list[str] = []
    end = size = 0
    for match in _compiled(pattern).finditer(source):
        parts += (source[end : match.start()], match.expand(replacement))
        size += len(parts[-1])
        limit("regex_replace", size, MAX_TEXT, "characters")
        end = match.end()
    return "".join([*parts, source[end:]])


def _searched(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"`{name}` needs a string, not {kind_of(value)}")
    if len(value) > MAX_SEARCHED:
        raise ExpressionError(f"`{name}` searches at most {MAX_SEARCHED:,} characters")
    return value
