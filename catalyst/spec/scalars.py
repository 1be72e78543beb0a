"""What an unquoted scalar means: the YAML 1.2 core schema, without infinity and not-a-number.

`yes`, `on`, `1:30` and `2020-01-01` are text here, whatever a YAML 1.1 library would make of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INT = re.compile(r"[-+]?[0-9]+\Z")
_OTHER_BASE = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_MAY_START_NUMBER = frozenset("0123456789+-.")
_LONGEST_NUMBER = 400
LARGEST_INT = 2**63 - 1
SMALLEST_INT = -(2**63)


@dataclass(frozen=True, slots=True)
class BadNumber:
    """A number that no flow can use, and why."""

    why: str
    help: str


Scalar = str | int | float | bool | None


def resolve_plain(text: str) -> Scalar | BadNumber:
    """The value of an unquoted scalar; text that looks like nothing else is returned as it is."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _MAY_START_NUMBER:
        return text
    if _INT.match(text):
        return _whole(text, 10)
    if _OTHER_BASE.match(text):
        return _whole(text[2:], 8 if text[1] == "o" else 16)
    if _FLOAT.match(text):
        return _fraction(text)
    if _NOT_FINITE.match(text):
        return BadNumber(f"`{text}` is not a number that JSON can carry", "use a finite number, or quote it for text")
    return text


def has_leading_zero(text: str) -> bool:
    """Whether text is a whole number such as `010`, which other YAML versions read differently."""
    digits = text.lstrip("+-")
    return len(digits) > 1 and digits[0] == "0" and digits.isascii() and digits.isdigit()


def _whole(digits: str, base: int) -> int | BadNumber:
    if len(digits) <= _LONGEST_NUMBER:
        number = int(digits, base)
        if SMALLEST_INT <= number <= LARGEST_INT:
            return number
    return BadNumber("this whole number does not fit into 64 bits", "quote it to keep it as text")


def _fraction(text: str) -> float | BadNumber:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        return BadNumber("this number is too large", "use a smaller number, or quote it to keep it as text")
    return number
