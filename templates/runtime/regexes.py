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
    source, compiled = _searched("regex_replace", value), _compiled(pattern)
    references = replacement.count("\\")
    size = len(source)
    for match in compiled.finditer(source):
        # The most that can stand there: the replacement, and the longest group for each reference in it.
        longest = (
            max(match.end(group) - match.start(group) for group in range(compiled.groups + 1)) if references else 0
        )
        size += len(replacement) + references * longest
        limit("regex_replace", size, MAX_TEXT, "characters")
    return compiled.sub(replacement, source)


def _searched(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"`{name}` needs a string, not {kind_of(value)}")
    if len(value) > MAX_SEARCHED:
        raise ExpressionError(f"`{name}` searches at most {MAX_SEARCHED:,} characters")
    return value
