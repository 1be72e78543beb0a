"""pydantic's findings in the words of a flow's author."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import ErrorDetails

from catalyst.diagnostics import did_you_mean
from catalyst.spec.problems import kind_of

_OUR_CODE = re.compile(r"[EW]\d{3}\Z")


@dataclass(frozen=True, slots=True)
class Wording:
    """What to say about one wrong value; `start` and `end` mark a part of its text, `at_key` means its key is wrong."""

    code: str
    message: str
    help: str = ""
    label: str = ""
    start: int | None = None
    end: int | None = None
    at_key: bool = False


_WANTED: dict[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a map of keys",
    "mapping_type": "a map of keys",
    "model_type": "a map of keys",
    "model_attributes_type": "a map of keys",
    "dataclass_type": "a map of keys",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "none_required": "nothing",
    "bytes_type": "text",
}


_OR_AN_EXPRESSION = 'write such a value, or an expression that gives one, as in "{{ input.name }}"'
_DURATIONS = "for example 200ms, 10s, 5m, 1h30m or PT10S"


def wording_of(group: Sequence[ErrorDetails], path: Sequence[str | int], value: Any) -> Wording:
    """One sentence for all that was found at one place; `value` is what stands there."""
    own = next((error for error in group if _OUR_CODE.match(error["type"])), None)
    if own is not None:
        return _own(own)
    name = _name(path)
    wanted = list(dict.fromkeys(_WANTED[error["type"]] for error in group if error["type"] in _WANTED))
    # A form whose kind fits and only its limit does not is the one that was meant.
    limit = next((error for error in group if error["type"] in _LIMITS), None)
    choices = _choices(group)
    if choices and limit is None:
        return _not_a_choice(name, value, choices, wanted)
    others = {error["type"] for error in group} - _WANTED.keys()
    if wanted and others == {"constant_type"}:
        return Wording("E142", f"{name} must be {' or '.join(wanted)}, this is {kind_of(value)}", _OR_AN_EXPRESSION)
    if wanted and not others:
        return Wording("E142", f"{name} must be {' or '.join(wanted)}, this is {kind_of(value)}")
    return _limit(limit or group[0], name)


def _own(error: ErrorDetails) -> Wording:
    context = error.get("ctx", {})
    return Wording(
        error["type"],
        str(context.get("message", error["msg"])),
        str(context.get("help") or ""),
        str(context.get("label") or ""),
        context.get("start"),
        context.get("end"),
        bool(error["loc"]) and error["loc"][-1] == "[key]",
    )


def _name(path: Sequence[str | int]) -> str:
    named = [item for item in path if isinstance(item, str)]
    if not named:
        return "this"
    return f"`{named[-1]}`" if isinstance(path[-1], str) else f"an item of `{named[-1]}`"


def _choices(group: Sequence[ErrorDetails]) -> list[str]:
    """The values that the forms allow; pydantic only tells them as text: 'a', 'b' or 'c'."""
    choices: list[str] = []
    for error in group:
        if error["type"] in ("literal_error", "enum"):
            choices += re.findall(r"'([^']*)'|(?<![\w'])(\d+)(?![\w'])", str(error.get("ctx", {}).get("expected", "")))
    return list(dict.fromkeys("".join(choice) for choice in choices))


def _not_a_choice(name: str, value: Any, choices: list[str], wanted: list[str]) -> Wording:
    options = ", ".join(choices) + "".join(f" or {kind}" for kind in wanted if kind != "text")
    if isinstance(value, (dict, list)) or value is None:
        return Wording("E143", f"{name} must be one of {options}; this is {kind_of(value)}")
    shown = str(value) if str(value).isprintable() and len(str(value)) < 60 else ascii(str(value))[:60]
    return Wording(
        "E143", f"`{shown}` is not a value of {name}", f"it can be: {options}", did_you_mean(str(value), choices)
    )


_LIMITS: dict[str, Callable[[dict[str, Any]], str]] = {
    "greater_than": lambda context: f"must be greater than {context['gt']}",
    "greater_than_equal": lambda context: f"must be at least {context['ge']}",
    "less_than": lambda context: f"must be less than {context['lt']}",
    "less_than_equal": lambda context: f"must be at most {context['le']}",
    "multiple_of": lambda context: f"must be a multiple of {context['multiple_of']}",
    "string_too_short": lambda context: f"must have at least {context['min_length']} characters",
    "string_too_long": lambda context: f"must have at most {context['max_length']} characters",
    "too_short": lambda context: f"must have at least {_entries(context['min_length'])}",
    "too_long": lambda context: f"must have at most {_entries(context['max_length'])}",
    "string_pattern_mismatch": lambda context: "is not written as it should be",
}


_OF_NODES = frozenset({"one_of", "function", "duration"})
_OF_SETTINGS = frozenset({"literal", "constant_type", "body"})
"""Errors that node types raise themselves; their text says it all, or all but the name of the setting."""


def _entries(count: int) -> str:
    return "one entry" if count == 1 else f"{count} entries"


def _limit(error: ErrorDetails, name: str) -> Wording:
    context = error.get("ctx", {})
    if error["type"] in _OF_NODES:
        return Wording("E144", error["msg"], _DURATIONS if error["type"] == "duration" else "")
    if error["type"] in _OF_SETTINGS:
        help_text = _OR_AN_EXPRESSION if error["type"] == "constant_type" else ""
        return Wording("E144", f"{name}: {error['msg']}", help_text)
    tell = _LIMITS.get(error["type"])
    if tell is not None:
        return Wording("E144", f"{name} {tell(context)}")
    said = context.get("error")
    return Wording(
        "E144", f"{name}: {said}" if isinstance(said, Exception) else f"{name} is not a value that fits here"
    )
