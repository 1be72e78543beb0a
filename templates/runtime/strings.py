"""What expressions do with text. Whatever is not text is refused; a result of more than 8 MB too."""

import re
import unicodedata
from typing import Any

from .errors import ExpressionError
from .values import MAX_LIST, MAX_TEXT, kind_of, limit

_WORD_STARTS = re.compile(r"([-\s({\[<]+)")
_WORDS = re.compile(r"\w+")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def upper(value: Any) -> str:
    """The text in capitals."""
    return _text("upper", value).upper()


def lower(value: Any) -> str:
    """The text in small letters."""
    return _text("lower", value).lower()


def title(value: Any) -> str:
    """The text with a capital at the start of each word."""
    words = _WORD_STARTS.split(_text("title", value))
    return "".join(word[0].upper() + word[1:].lower() for word in words if word)


def capitalize(value: Any) -> str:
    """The text with a capital at the start and small letters behind."""
    return _text("capitalize", value).capitalize()


def trim(value: Any, chars: str | None = None) -> str:
    """The text without white space, or without `chars`, at both ends."""
    return _text("trim", value).strip(chars)


def replace(value: Any, old: str, new: str, count: int | None = None) -> str:
    """The text with `new` in place of `old`, everywhere or the first `count` times."""
    source = _text("replace", value)
    old, new = _text("replace", old), _text("replace", new)
    most = -1 if count is None else max(-1, min(count, len(source) + 1))
    if len(new) > len(old) and (len(source) + 1) * (len(new) + 1) > MAX_TEXT:
        found = source.count(old) if most < 0 else min(most, source.count(old))
        limit("replace", len(source) + found * (len(new) - len(old)), MAX_TEXT, "characters")
    return source.replace(old, new, most)


def truncate(value: Any, length: int = 255, killwords: bool = False, end: str = "...", leeway: int = 0) -> str:
    """The text cut to `length` characters with `end` behind, at a word's end unless `killwords`.

    Text that is longer by no more than `leeway` stays whole.
    """
    source = _text("truncate", value)
    if length < len(end) or leeway < 0:
        raise ExpressionError("`truncate` needs a length of at least that of its end, and a leeway of at least 0")
    if len(source) <= length + leeway:
        return source
    cut = source[: length - len(end)]
    return (cut if killwords else cut.rsplit(" ", 1)[0]) + end


def indent(value: Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    """The text with each line but the first moved right by `width` spaces, or with the text `width` in front.

    `first` moves the first line too, `blank` also lines without text.
    """
    source = _text("indent", value)
    if not isinstance(width, (str, int)) or isinstance(width, bool):
        raise ExpressionError(f"`indent` takes an integer or a string, not {kind_of(width)}")
    margin = width if isinstance(width, str) else " " * max(0, min(width, 1_000))
    head, *rest = (source + "\n").splitlines()
    limit("indent", len(source) + (len(rest) + 1) * len(margin), MAX_TEXT, "characters")
    lines = [head, *(margin + line if line or blank else line for line in rest)]
    return (margin if first else "") + "\n".join(lines)


def count_words(value: Any) -> int:
    """How many words the text has."""
    return sum(1 for _ in _WORDS.finditer(_text("wordcount", value)))


def split(value: Any, sep: str | None = None, limit: int = -1) -> list[str]:
    """The parts between `sep`, or between white space; at most `limit` cuts, counted from the left."""
    source = _text("split", value)
    if sep == "":
        raise ExpressionError("`split` needs a separator that is not empty; `list` gives the characters")
    parts = source.split(sep, max(-1, min(limit, len(source))))
    if len(parts) > MAX_LIST:
        raise ExpressionError(f"`split` gives more than {MAX_LIST:,} items")
    return parts


def split_lines(value: Any) -> list[str]:
    """The lines of the text, without their ends."""
    lines = _text("lines", value).splitlines()
    limit("lines", len(lines), MAX_LIST, "items")
    return lines


def starts_with(value: Any, prefix: str) -> bool:
    """Whether the text starts with `prefix`."""
    return _text("startswith", value).startswith(_text("startswith", prefix))


def ends_with(value: Any, suffix: str) -> bool:
    """Whether the text ends with `suffix`."""
    return _text("endswith", value).endswith(_text("endswith", suffix))


def slug(value: Any) -> str:
    """The text as small letters, digits and single hyphens, at most 200 characters; empty when none are left."""
    plain = unicodedata.normalize("NFKD", _text("slug", value)[:10_000]).encode("ascii", "ignore").decode().lower()
    return _NOT_SLUG.sub("-", plain).strip("-")[:200].rstrip("-")


def pad(value: Any, width: int, fill: str = " ", side: str = "left") -> str:
    """The text brought to `width` characters by `fill` at its left or right side."""
    source = _text("pad", value)
    limit("pad", width, MAX_TEXT, "characters")
    width = max(width, 0)
    if len(fill) != 1 or side not in {"left", "right"}:
        raise ExpressionError("`pad` fills with one character, at the side left or right")
    return source.rjust(width, fill) if side == "left" else source.ljust(width, fill)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"`{name}` needs a string, not {kind_of(value)}")
    return value
