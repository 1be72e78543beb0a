"""Plain data as YAML text: block style, the same bytes for the same data, readable by YAML 1.1 and 1.2 alike.

Text that any parser could take for something else is quoted, text of several lines is a literal block, and small maps
and lists of simple values stand on one line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_INDENT = "  "
_WIDE = 100
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_ ./$+*()=;%^~<>,!?'-]*", re.ASCII)
_UNITS = re.compile(r"\d+(?:ms|s|m|h|d|/[a-z]+)", re.ASCII)
"""Durations and rates: text for every parser, although they start with a digit."""
_WORDS = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n", "none", "nan", "inf", "~"])
_SPACED_COMMENT = " #"


def write_yaml(data: Mapping[str, Any], *, spaced: bool = True) -> str:
    """The text of a file; with `spaced` a blank line stands before each long section of the top level."""
    lines: list[str] = []
    for key, value in data.items():
        entry = _entry(key, value, 0)
        if spaced and lines and len(entry) > 1:
            lines.append("")
        lines += entry
    return "\n".join(lines) + "\n" if lines else "{}\n"


def _entry(key: str, value: Any, level: int) -> list[str]:
    """`key: value` in as many lines as it needs."""
    lead = f"{_INDENT * level}{_scalar(str(key), in_flow=False)}:"
    short = _short(value)
    if short is not None and len(lead) + len(short) < _WIDE:
        return [f"{lead} {short}"]
    if isinstance(value, str):
        return [f"{lead} {part}" if index == 0 else part for index, part in enumerate(_text(value, level + 1))]
    if isinstance(value, Mapping):
        return [lead, *(line for name, inner in value.items() for line in _entry(name, inner, level + 1))]
    if isinstance(value, list):
        return [lead, *(line for item in value for line in _item(item, level + 1))]
    return [f"{lead} {_scalar(value, in_flow=False)}"]


def _item(value: Any, level: int) -> list[str]:
    """`- value`; a map or list inside starts on the same line."""
    lead = f"{_INDENT * level}- "
    short = _short(value)
    if short is not None and len(lead) + len(short) < _WIDE:
        return [lead + short]
    if isinstance(value, Mapping):
        inner = [line for name, item in value.items() for line in _entry(name, item, level + 1)]
    elif isinstance(value, list):
        inner = [line for item in value for line in _item(item, level + 1)]
    elif isinstance(value, str):
        return [lead + part if index == 0 else part for index, part in enumerate(_text(value, level + 1))]
    else:
        return [lead + _scalar(value, in_flow=False)]
    return [lead + inner[0][len(_INDENT) * (level + 1) :], *inner[1:]]


def _short(value: Any) -> str | None:
    """The value on one line, when it is small and simple."""
    if isinstance(value, str):
        return None if "\n" in value else _scalar(value, in_flow=False)
    if not isinstance(value, (Mapping, list)):
        return _scalar(value, in_flow=False)
    if not value:
        return "{}" if isinstance(value, Mapping) else "[]"
    items = list(value.values()) if isinstance(value, Mapping) else value
    if len(items) > 6 or not all(_is_small(item) for item in items):
        return None
    if isinstance(value, Mapping):
        pairs = (f"{_scalar(str(key), in_flow=True)}: {_scalar(item, in_flow=True)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    return "[" + ", ".join(_scalar(item, in_flow=True) for item in items) + "]"


def _is_small(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= 60 and "\n" not in value
    return not isinstance(value, (Mapping, list))


def _text(text: str, level: int) -> list[str]:
    """Text as a literal block where that keeps it exactly, quoted otherwise."""
    if not _fits_literal(text):
        return [_scalar(text, in_flow=False)]
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    chomp = {0: "-", 1: ""}.get(ends, "+")
    lines = [f"{_INDENT * level}{line}" if line else "" for line in body.split("\n")]
    return [f"|{chomp}", *lines, *([""] * (ends - 1))]


def _fits_literal(text: str) -> bool:
    """A literal block has more than one line, starts with a letter or sign, and holds only printable characters."""
    if "\n" not in text.rstrip("\n") or text[0] in " \t\n":
        return False
    return all(char == "\n" or _is_printable(char) for char in text) and not re.search(r"[ \t]\n|[ \t]\Z", text)


def _is_printable(char: str) -> bool:
    return char.isprintable() and char not in "\x85\u2028\u2029\ufeff" and ord(char) < 0x1_0000


def _scalar(value: Any, *, in_flow: bool) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if _is_plain(text, in_flow=in_flow):
        return text
    return _quoted(text)


def _float(value: float) -> str:
    text = repr(value)
    mantissa, exponent, power = text.partition("e")
    # YAML 1.1 asks for a point and a sign: 1e16 would be text there.
    mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
    return f"{mantissa}e{power if power[0] in '+-' else f'+{power}'}" if exponent else mantissa


def _is_plain(text: str, *, in_flow: bool) -> bool:
    if _UNITS.fullmatch(text):
        return True
    if not _PLAIN.fullmatch(text) or text != text.strip() or text.lower() in _WORDS:
        return False
    return not (in_flow and any(char in text for char in ",[]{}")) and _SPACED_COMMENT not in text


def _quoted(text: str) -> str:
    """A quoted scalar; single quotes where nothing has to be escaped, because they keep backslashes as they are."""
    if all(_is_printable(char) for char in text):
        if '"' not in text and "\\" not in text:
            return f'"{text}"'
        return "'" + text.replace("'", "''") + "'"
    return "".join(char if _is_printable(char) else _escape(char) for char in json.dumps(text, ensure_ascii=False))


def _escape(char: str) -> str:
    number = ord(char)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
