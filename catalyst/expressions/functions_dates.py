"""Filters of points in time, and the translation of their formats to those of `strftime`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from catalyst.expressions.functions_model import Argument, EmitCall, FilterCall, FilterSpec, Problem
from catalyst.expressions.functions_python import (
    always,
    argument,
    call,
    constant,
    helper,
    method,
)
from catalyst.expressions.types import DATETIME, FLOAT, NUMBER, STR, DateTimeType, UnionType

GROUP = "date"

# Longest first: the scanner takes the first that fits. Two spellings stand side by side, `YYYY-MM-DD` and `yyyy-MM-dd`.
_TOKENS = {
    "YYYY": "%Y",
    "yyyy": "%Y",
    "MMMM": "%B",
    "dddd": "%A",
    "MMM": "%b",
    "ddd": "%a",
    "SSS": "%3f",
    "YY": "%y",
    "yy": "%y",
    "MM": "%m",
    "DD": "%d",
    "dd": "%d",
    "HH": "%H",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
    "ZZ": "%z",
    "M": "%-m",
    "D": "%-d",
    "H": "%-H",
    "h": "%-I",
    "m": "%-M",
    "s": "%-S",
    "A": "%p",
    "Z": "%z",
    "T": "T",
}
_WORD = re.compile(r"\[[^\[\]]*\]|[A-Za-z]+|[^A-Za-z]")
_PERCENT = re.compile(r"%(?:-[dmHIMSj]|3f|[YymdHIMSfjBbAapzZ%])")
_PLAIN_CODES = re.compile(r"[^%]|%[YymdHIMSfjBbAapzZ%]")
_READABLE_CODES = re.compile(r"[^%]|%[YymdHIMSfjBbAapz%]")


def translate(format_: str) -> str | None:
    """A date format as `strftime` wants it; None when it is not understood. Words stand in `[brackets]`."""
    if "%" in format_:
        return format_ if "%" not in _PERCENT.sub("", format_) else None
    parts = [_translate_word(word) for word in _WORD.findall(format_)]
    if None in parts:
        return None
    translated = "".join(part for part in parts if part is not None)
    return translated if "%" in translated.replace("%%", "") else None


def _translate_word(word: str) -> str | None:
    if word.startswith("[") and len(word) > 1:
        return word[1:-1].replace("%", "%%")
    translated = ""
    while word and word[0].isalpha() and word[0].isascii():
        token = next((token for token in _TOKENS if word.startswith(token)), None)
        if token is None:
            return None
        translated += _TOKENS[token]
        word = word[len(token) :]
    return translated + word


def _understood(call_: FilterCall) -> Iterator[Problem]:
    format_ = call_.constant("format")
    if not isinstance(format_, str):
        return
    if translate(format_) is None:
        printf = any(f"%{code}" in format_ for code in ("s", "i", "x", "0", ".", "("))
        help_ = (
            "this formats dates; join text with `~`, and round numbers with `round`"
            if printf
            else "write YYYY-MM-DD HH:mm:ss, with other words in [brackets], or %Y-%m-%d"
        )
        yield Problem("E231", f"`{format_[:40]}` is not a date format", help_, "format")


def _understood_for_reading(call_: FilterCall) -> Iterator[Problem]:
    yield from _understood(call_)
    format_ = call_.constant("format")
    known = translate(format_) if isinstance(format_, str) else None
    if known is not None and _READABLE_CODES.sub("", known.replace("%3f", "%f").replace("%-", "%")):
        yield Problem("E231", "this format can be written but not read", "leave out the time zone's name", "format")


def _datetime(call_: EmitCall) -> ast.expr:
    format_ = call_.constants.get("format")
    args = [call_.value]
    if isinstance(format_, str):
        args.append(constant((translate(format_) or format_).replace("%3f", "%f").replace("%-", "%")))
    return call(call_.use("dates", "to_datetime"), *args)


def _date(call_: EmitCall) -> ast.expr:
    format_ = translate(str(call_.constants.get("format", ""))) or "%Y-%m-%d"
    if isinstance(call_.value_type, DateTimeType) and not _PLAIN_CODES.sub("", format_):
        return method(call_.value, "strftime", constant(format_))
    return call(call_.use("dates", "format_date"), call_.value, constant(format_))


def _date_add(call_: EmitCall) -> ast.expr:
    keywords = {name: each for name in _UNITS if (each := argument(call_, name)) is not None}
    return call(call_.use("dates", "date_add"), call_.value, **keywords)


_UNITS = ("days", "hours", "minutes", "seconds", "weeks")
_FORMAT = Argument("format", STR, required=False, default="YYYY-MM-DD", literal=True)
_MOMENT = UnionType((DATETIME, STR))


def _some_unit(call_: FilterCall) -> Iterator[Problem]:
    if not call_.args:
        yield Problem("E232", "`date_add` needs a distance", "write date_add(days=1) or date_add(hours=-2)")


FILTERS = (
    FilterSpec(
        name="datetime",
        group=GROUP,
        summary="The point in time of an ISO 8601 text, a text in `format`, or seconds since 1970; UTC without a zone.",
        example=("'31.12.2026' | datetime('DD.MM.YYYY') | string", "2026-12-31T00:00:00+00:00"),
        accepts=UnionType((DATETIME, STR, NUMBER)),
        arguments=(Argument("format", STR, required=False, literal=True),),
        result=always(DATETIME),
        emit=_datetime,
        check=_understood_for_reading,
    ),
    FilterSpec(
        name="date",
        group=GROUP,
        summary="A point in time as text, in a format such as `YYYY-MM-DD HH:mm` or `%d.%m.%Y`.",
        example=("'2026-01-31T08:05:00Z' | date('D MMMM YYYY, HH:mm')", "31 January 2026, 08:05"),
        accepts=_MOMENT,
        arguments=(_FORMAT,),
        result=always(STR),
        emit=_date,
        check=_understood,
    ),
    FilterSpec(
        name="timestamp",
        group=GROUP,
        summary="Seconds since 1970.",
        example=("'1970-01-02T00:00:00Z' | timestamp", 86400.0),
        accepts=_MOMENT,
        arguments=(),
        result=always(FLOAT),
        emit=helper("dates", "timestamp"),
    ),
    FilterSpec(
        name="date_add",
        group=GROUP,
        summary="The point in time moved by days, hours, minutes, seconds or weeks; back when they are negative.",
        example=("'2026-01-31' | date_add(days=1) | date('YYYY-MM-DD')", "2026-02-01"),
        accepts=_MOMENT,
        arguments=tuple(Argument(unit, NUMBER, required=False, default=0) for unit in _UNITS),
        result=always(DATETIME),
        emit=_date_add,
        check=_some_unit,
    ),
)
