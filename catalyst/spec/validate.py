"""Raw data against a pydantic model; what does not fit becomes diagnostics at the exact place in the file.

`validate` is used for the flow file itself and for the settings of every node type, so all of them answer a misspelt
key or a wrong value in the same words. One wrong place gives one error, also where several forms are allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from catalyst.diagnostics import Diagnostic, Located, Severity, Span, did_you_mean, listing, suggest
from catalyst.spec.known_keys import known_keys
from catalyst.spec.tree import PathItem, has_item, key_span_at, span_at, value_at
from catalyst.spec.words import Wording, wording_of

M = TypeVar("M", bound=BaseModel)
Place = tuple[PathItem, ...]


def validate(model: type[M], raw: Any, *, filename: str, what: str) -> tuple[M | None, list[Diagnostic]]:
    """The model made from raw data, or None and all that is wrong. `what` names the data: "the flow", "node `a`"."""
    made, problems = find_problems(model, raw, filename=filename, what=what)
    return made, [diagnostic for _, diagnostic in problems]


def find_problems(
    model: type[M], raw: Any, *, filename: str, what: str
) -> tuple[M | None, list[tuple[Place, Diagnostic]]]:
    """Like `validate`, but each problem has its path in the data; a missing key is the last item of its path."""
    try:
        return model.model_validate(raw), []
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_input=False)
    # The errors are explained outside of the handler, so that no pydantic text hangs on to what may fail later.
    return None, explain(model, raw, errors, filename=filename, what=what)


def explain(
    model: type[BaseModel], raw: Any, errors: Sequence[ErrorDetails], *, filename: str, what: str
) -> list[tuple[Place, Diagnostic]]:
    """Every error as its path in the raw data and a diagnostic, one for each wrong place, in file order."""
    groups: dict[Place, list[ErrorDetails]] = {}
    for error in _of_best_forms(raw, errors):
        groups.setdefault(_walk(raw, error)[0], []).append(error)
    report = _Report(model, raw, Span.start_of(filename), what)
    misspelt = {meant for path, group in groups.items() if (meant := report.meant(path, group)) is not None}
    result = [
        (path, report.diagnostic(path, group))
        for path, group in groups.items()
        if path not in misspelt or group[0]["type"] != "missing"
    ]
    return sorted(result, key=lambda item: item[1].span)


def _walk(raw: Any, error: ErrorDetails) -> tuple[Place, tuple[Place, str] | None]:
    """The part of an error's location that exists in the data (and a missing key), and the first form that was tried.

    pydantic puts labels of alternatives into locations; whatever is not in the data is such a label.
    """
    path: list[PathItem] = []
    form: tuple[Place, str] | None = None
    last = len(error["loc"]) - 1
    for index, item in enumerate(error["loc"]):
        if has_item(raw, item):
            raw = raw[item]
        elif index != last or error["type"] != "missing":
            form = form or (tuple(path), str(item))
            continue
        path.append(item)
    return tuple(path), form


def _of_best_forms(raw: Any, errors: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Where several forms were tried, only the errors of the form that the author most likely meant."""
    forms: dict[Place, dict[str, list[tuple[int, ErrorDetails]]]] = {}
    for error in errors:
        path, form = _walk(raw, error)
        if form is not None:
            forms.setdefault(form[0], {}).setdefault(form[1], []).append((len(path), error))
    dropped: set[int] = set()
    for place, by_label in forms.items():
        depths = {label: min(depth for depth, _ in group) for label, group in by_label.items()}
        deepest = max(depths.values())
        if len(by_label) < 2 or deepest == len(place):
            continue
        best = min((label for label in by_label if depths[label] == deepest), key=lambda label: len(by_label[label]))
        dropped |= {id(error) for label, group in by_label.items() if label != best for _, error in group}
    return [error for error in errors if id(error) not in dropped]


@dataclass(frozen=True, slots=True)
class _Report:
    """Words and places for the errors of one piece of data."""

    model: type[BaseModel]
    raw: Any
    start: Span
    what: str

    def meant(self, path: Place, group: Sequence[ErrorDetails]) -> Place | None:
        """The key that an unknown one was probably meant to be; that it is missing needs no word more."""
        if not path or group[0]["type"] != "extra_forbidden":
            return None
        close = suggest(str(path[-1]), known_keys(self.model, group[0]["loc"][:-1]))
        return (*path[:-1], close) if close is not None else None

    def diagnostic(self, path: Place, group: Sequence[ErrorDetails]) -> Diagnostic:
        """One diagnostic for all that is wrong at a path."""
        first = group[0]
        if first["type"] == "extra_forbidden":
            return self._unknown_key(path, first)
        if first["type"] == "missing":
            return self._missing_key(path)
        said = wording_of(group, path, value_at(self.raw, path))
        severity: Severity = "warning" if said.code.startswith("W") else "error"
        help_text = said.help or self._keys_of_map(group)
        return Diagnostic(said.code, severity, said.message, self._span(path, said), help_text, said.label)

    def _keys_of_map(self, group: Sequence[ErrorDetails]) -> str | None:
        """Which keys a map takes that stands where something else was written."""
        wanted = next((error for error in group if error["type"] in ("model_type", "model_attributes_type")), None)
        known = known_keys(self.model, wanted["loc"]) if wanted is not None else []
        return f"its keys are: {listing(known, limit=20)}" if known else None

    def _span(self, path: Place, said: Wording) -> Span:
        value = value_at(self.raw, path)
        if said.at_key:
            return key_span_at(self.raw, path, self.start)
        if said.start is not None and said.end is not None and isinstance(value, Located):
            return value.span_of(said.start, said.end)
        span = span_at(self.raw, path, self.start)
        # A map or list over several lines would mark half of the file; its key says enough.
        long = isinstance(value, (dict, list)) and span.line != span.end_line
        return key_span_at(self.raw, path, self.start) if long and path else span

    def _unknown_key(self, path: Place, error: ErrorDetails) -> Diagnostic:
        key = str(path[-1]) if path else str(error["loc"][-1])
        known = known_keys(self.model, error["loc"][:-1])
        help_text = f"known keys: {listing(known, limit=20)}" if known else None
        shown = key if key.isprintable() else ascii(key)
        message = f"unknown key `{shown}` in {self._where(path[:-1])}"
        return Diagnostic(
            "E140", "error", message, key_span_at(self.raw, path, self.start), help_text, did_you_mean(key, known)
        )

    def _missing_key(self, path: Place) -> Diagnostic:
        parent, key = path[:-1], str(path[-1])
        span = key_span_at(self.raw, parent, self.start)
        if not parent or isinstance(parent[-1], int):
            span = Span(span.file, span.line, span.column, span.line, span.column + 1)
        # Of a map that takes keys of any name, nobody else says that one looks misspelt.
        entries = value_at(self.raw, parent)
        close = suggest(key, entries) if isinstance(entries, dict) else None
        help_text = f"is `{close}` meant to be `{key}`?" if close else f"add `{key}:`"
        return Diagnostic("E141", "error", f"`{key}` is missing in {self._where(parent)}", span, help_text)

    def _where(self, path: Place) -> str:
        """The map that a path leads to, in words."""
        named = next((item for item in reversed(path) if isinstance(item, str)), None)
        if named is None:
            return self.what
        return f"`{named}`" if isinstance(path[-1], str) else f"an item of `{named}`"
