"""Five-field cron expressions: checked at build time, with the place of what is wrong.

`minute hour day-of-month month day-of-week`; numbers, names (`mon`, `jan`), `*`, lists, ranges and steps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_MONTH = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}
_SHORTHANDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


class BadCron(ValueError):
    """What is wrong with a cron expression, what to try, and from which to which offset."""

    def __init__(self, message: str, help_text: str, start: int, end: int) -> None:
        super().__init__(message)
        self.help = help_text
        self.start = start
        self.end = end


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 7, _DAYS),
)


def check_cron(text: str) -> None:
    """Raise `BadCron` when text is not a cron expression, or one that never comes true."""
    if text.strip().lower() in _SHORTHANDS:
        right = _SHORTHANDS[text.strip().lower()]
        raise BadCron(f"`{text.strip()}` is not one of the five-field forms", f'write "{right}"', 0, len(text))
    parts = list(re.finditer(r"\S+", text))
    if len(parts) != len(_FIELDS):
        message = f"a cron expression has 5 fields (minute hour day month weekday); this one has {len(parts)}"
        help_text = "leave out the seconds" if len(parts) == 6 else 'for example "0 6 * * *" for every day at 6:00'
        raise BadCron(message, help_text, 0, max(1, len(text)))
    values = [_field(field, part.group(), part.start()) for field, part in zip(_FIELDS, parts, strict=True)]
    days, months, weekdays = values[2], values[3], values[4]
    if weekdays is None and days is not None:
        longest = max(_LONGEST_MONTH[month] for month in months or _LONGEST_MONTH)
        if min(days) > longest:
            message = "this day does not exist in any of these months, so the schedule would never run"
            raise BadCron(message, "choose an earlier day", parts[2].start(), parts[3].end())


def _field(field: _Field, text: str, offset: int) -> set[int] | None:
    """The values that one field allows; None for `*`."""
    values: set[int] = set()
    free = False
    start = offset
    for item in text.split(","):
        found = _item(field, item, start)
        free = free or found is None
        values |= found or set()
        start += len(item) + 1
    return None if free else values


def _item(field: _Field, item: str, start: int) -> set[int] | None:
    base, slash, step_text = item.partition("/")
    step = 1
    if slash:
        step_start = start + len(base) + 1
        step = _number(step_text, field, step_start, item, start)
        if not 1 <= step <= field.most:
            raise _bad(field, f"the step `{step_text}` is out of range", step_start, step_text)
    if base == "*":
        return None if step == 1 else set(range(field.least, field.most + 1, step))
    first_text, dash, last_text = base.partition("-")
    first = _value(field, first_text, start, item, start)
    if not dash:
        return set(range(first, field.most + 1, step)) if slash else {first}
    last = _value(field, last_text, start + len(first_text) + 1, item, start)
    if last < first:
        raise _bad(field, f"the range `{base}` runs backwards", start, base)
    return set(range(first, last + 1, step))


def _value(field: _Field, text: str, start: int, item: str, item_start: int) -> int:
    if text.lower() in field.words:
        return field.words.index(text.lower()) + field.least
    number = _number(text, field, start, item, item_start)
    if not field.least <= number <= field.most:
        raise _bad(field, f"{field.name} `{text}` is out of range", start, text)
    return number


def _number(text: str, field: _Field, start: int, item: str, item_start: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        shown, at = (text, start) if text else (item, item_start)
        raise _bad(field, f"`{shown}` is not a {field.name}", at, shown)
    return int(text)


def _bad(field: _Field, message: str, start: int, text: str) -> BadCron:
    words = f" or {field.words[0]} to {field.words[-1]}" if field.words else ""
    help_text = (
        f"the {field.name} goes from {field.least} to {field.most}{words}; `*`, lists, ranges and `/step` are fine"
    )
    return BadCron(message, help_text, start, start + max(1, len(text)))
