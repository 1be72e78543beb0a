"""The values of literals: strings with their escapes, and numbers.

Goes in: the text of a token. Comes out: its value, or a `LiteralProblem` that says which part of the token is wrong.
"""

from __future__ import annotations

import math
import re

MAX_INTEGER_BITS = 4_096
_MAX_DIGITS = 1_300
"""More digits than this cannot fit 4,096 bits, and int() would refuse 4,300."""


class LiteralProblem(Exception):
    """A literal has no value; `start:end` is the wrong part, counted from the start of the token."""

    def __init__(self, message: str, start: int, end: int, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.help = help


_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL)
_SIMPLE = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "/": "/"}
_FORBIDDEN = {"x": r"`\x` needs two hexadecimal digits", "u": r"`\u` needs four hexadecimal digits"}
_LONG_FORBIDDEN = {
    "N": r"`\N{...}` names are not known here",
    "U": r"`\U` escapes are not known here",
    "0": "octal escapes are not known here",
}


def string_value(token: str) -> str:
    """The value of a quoted string. An unknown escape such as `\\d` keeps its backslash, as regexes want it."""
    body = token[1:-1]
    if "\\" not in body:
        return _checked(body)
    pieces: list[str] = []
    position = 0
    for match in _ESCAPE.finditer(body):
        pieces += [body[position : match.start()], _unescaped(match)]
        position = match.end()
    return _checked("".join([*pieces, body[position:]]))


def _unescaped(match: re.Match[str]) -> str:
    escape = match[1]
    if len(escape) > 1:
        return chr(int(escape[1:], 16))
    if escape in _SIMPLE:
        return _SIMPLE[escape]
    forbidden = _FORBIDDEN.get(escape) or _LONG_FORBIDDEN.get("0" if escape in "01234567" else escape)
    if forbidden:
        help_ = r"write the character itself, or \xHH or \uHHHH; a backslash is \\"
        raise LiteralProblem(forbidden, match.start() + 1, match.end() + 1, help_)
    return match[0]


def _checked(text: str) -> str:
    """Joins surrogate pairs written as two escapes; half a pair is no character."""
    if not any("\ud800" <= char <= "\udfff" for char in text):
        return text
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        message = "half of a surrogate pair is no character"
        raise LiteralProblem(message, 0, len(text) + 2, "write the character itself, or both halves") from None


def number_value(token: str) -> int | float:
    """The value of a number. Raises when it is infinite or has more than 4,096 bits."""
    if token.isdigit():
        if len(token) <= _MAX_DIGITS and (value := int(token)).bit_length() <= MAX_INTEGER_BITS:
            return value
        raise LiteralProblem("the number is too large", 0, len(token), "integers have at most 4,096 bits")
    fraction = float(token)
    if not math.isfinite(fraction):
        raise LiteralProblem("the number is too large", 0, len(token), "the largest number is about 1.8e308")
    return fraction
