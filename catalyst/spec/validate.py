"""Raw data against a pydantic model; what does not fit becomes diagnostics at the exact place in the file.

`validate` is used for the flow file itself and for the settings of every node type, so all of them answer a misspelt
key or a wrong value in the same words. One wrong place gives one error, also where several forms are allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from catalyst.diagnostics import Diagnostic, Located, Span, did_you_mean, listing, suggest
from catalyst.spec.known_keys import known_keys
from catalyst.spec.tree import LocatedList, LocatedMap, PathItem, key_span_at, span_at, value_at
from catalyst.spec.words import Wording, wording_of

M = TypeVar("M", bound=BaseModel)
Place = tuple[PathItem, ...]


def validate(model: type[M], raw: Any, *, filename: str, what: str) -> tuple[M | None, list[Diagnostic]]:
    """The model made from raw data, or None and all that is wrong. `what` names the data: "the flow", "node `a`"."""
    try:
        return model.model_validate(raw), []
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_input=False)
    # The errors are explained outside of the handler, so that no pydantic text hangs on to what may fail later.
    return None, [diagnostic for _, diagnostic in explain(model, raw, errors, filename=filename, what=what)]


def find_problems(model: type[BaseModel], raw: Any, *, filename: str, what: str) -> list[tuple[Place, Diagnostic]]:
    """What is wrong with raw data, each with its path in the data; a missing key is the last item of its path."""
    try:
        model.model_validate(raw)
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_input=False)
        return explain(model, raw, errors, filename=filename, what=what)
    return []


def explain(
    model: type[BaseModel], raw: Any, errors: Sequence[ErrorDetails], *, filename: str, what: str
) -> list[tuple[Place, Diagnostic]]:
    """Every error as its path in the raw data and a diagnostic, one for each wrong place, in file order."""
    start = Span.start_of(filename)
    explained: dict[Place, list[ErrorDetails]] = {}
    for error in _of_best_forms(raw, errors):
        explained.setdefault(_path_in(raw, error), []).append(error)
    result = [(path, _diagnostic(model, raw, path, group, start, what)) for path, group in explained.items()]
    return sorted(result, key=lambda item: item[1].span)


def _path_in(raw: Any, error: ErrorDetails) -> Place:
    """The part of an error's location that exists in the data; labels of alternatives are left out."""
    path: list[PathItem] = []
    location = error["loc"]
    for index, item in enumerate(location):
        if isinstance(raw, LocatedMap) and isinstance(item, str) and item in raw and item != "[key]":
            path.append(item)
            raw = raw[item]
        elif isinstance(raw, LocatedList) and isinstance(item, int) and item < len(raw):
            path.append(item)
            raw = raw[item]
        elif index == len(location) - 1 and error["type"] == "missing":
            path.append(item)
    return tuple(path)


def _labels(raw: Any, error: ErrorDetails) -> list[tuple[Place, str]]:
    """Where in an error's location a form was tried (path up to there), and the form's name."""
    labels: list[tuple[Place, str]] = []
    path: list[PathItem] = []
    last = len(error["loc"]) - 1
    for index, item in enumerate(error["loc"]):
        if isinstance(raw, (LocatedMap, LocatedList)) and value_exists(raw, item):
            path.append(item)
            raw = raw[item]
        elif not (index == last and error["type"] == "missing"):
            labels.append((tuple(path), str(item)))
    return labels


def value_exists(raw: LocatedMap | LocatedList, item: PathItem) -> bool:
    """Whether a map has the key, or a list the index."""
    if isinstance(raw, LocatedMap):
        return isinstance(item, str) and item in raw
    return isinstance(item, int) and 0 <= item < len(raw)


def _of_best_forms(raw: Any, errors: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Where several forms were tried, only the errors of the form that the author most likely meant."""
    forms: dict[Place, dict[str, list[ErrorDetails]]] = {}
    for error in errors:
        for place, label in _labels(raw, error)[:1]:
            forms.setdefault(place, {}).setdefault(label, []).append(error)
    dropped: set[int] = set()
    for place, by_label in forms.items():
        if len(by_label) < 2:
            continue
        depth = {label: min(len(_path_in(raw, error)) for error in group) for label, group in by_label.items()}
        deepest = max(depth.values())
        if deepest == len(place):
            continue
        best = min((label for label in by_label if depth[label] == deepest), key=lambda label: len(by_label[label]))
        dropped |= {id(error) for label, group in by_label.items() if label != best for error in group}
    return [error for error in errors if id(error) not in dropped]


def _diagnostic(
    model: type[BaseModel], raw: Any, path: Place, group: Sequence[ErrorDetails], default: Span, what: str
) -> Diagnostic:
    first = group[0]
    if first["type"] == "extra_forbidden":
        return _unknown_key(model, raw, path, first, default, what)
    if first["type"] == "missing":
        return _missing_key(raw, path, default, what)
    wording = wording_of(group, path, value_at(raw, path))
    return Diagnostic(
        wording.code,
        "warning" if wording.code.startswith("W") else "error",
        wording.message,
        _span(raw, path, wording, default),
        wording.help or None,
        wording.label,
    )


def _span(raw: Any, path: Place, wording: Wording, default: Span) -> Span:
    value = value_at(raw, path)
    if wording.at_key:
        return key_span_at(raw, path, default)
    if wording.start is not None and wording.end is not None and isinstance(value, Located):
        return value.span_of(wording.start, wording.end)
    span = span_at(raw, path, default)
    # A whole map or list would mark half of the file; its key says enough.
    return key_span_at(raw, path, default) if isinstance(value, (dict, list)) and span.line != span.end_line else span


def _unknown_key(
    model: type[BaseModel], raw: Any, path: Place, error: ErrorDetails, default: Span, what: str
) -> Diagnostic:
    key = str(path[-1]) if path else str(error["loc"][-1])
    known = known_keys(model, error["loc"][:-1])
    help_text = f"known keys: {listing(known)}" if known else None
    span = key_span_at(raw, path, default)
    shown = key if key.isprintable() else ascii(key)
    return Diagnostic(
        "E140",
        "error",
        f"unknown key `{shown}` in {_where(path[:-1], what)}",
        span,
        help_text,
        did_you_mean(key, known),
    )


def _missing_key(raw: Any, path: Place, default: Span, what: str) -> Diagnostic:
    parent = path[:-1]
    span = key_span_at(raw, parent, default)
    if not parent or isinstance(parent[-1], int):
        span = Span(span.file, span.line, span.column, span.line, span.column + 1)
    entries = value_at(raw, parent)
    close = suggest(str(path[-1]), entries) if isinstance(entries, dict) else None
    help_text = f"is `{close}` meant to be `{path[-1]}`?" if close else f"add `{path[-1]}:`"
    return Diagnostic("E141", "error", f"`{path[-1]}` is missing in {_where(parent, what)}", span, help_text)


def _where(path: Place, what: str) -> str:
    """The map that a path leads to, in words."""
    named = next((item for item in reversed(path) if isinstance(item, str)), None)
    if named is None:
        return what
    return f"`{named}`" if isinstance(path[-1], str) else f"an item of `{named}`"
