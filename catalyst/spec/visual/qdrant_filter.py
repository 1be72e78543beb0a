"""Filters as Qdrant writes them, in the words of the flow language.

Goes in: `{must: [...], should: [...], must_not: [...]}`. Comes out: `{all: [...], any: [...], none: [...]}` of
`key: value` and the like. A filter without these words is taken as it is.
"""

from __future__ import annotations

from typing import Any

from catalyst.spec.tree import LocatedMap
from catalyst.spec.visual.report import At, Report

_GROUPS = {"must": "all", "should": "any", "must_not": "none", "mustNot": "none"}
_MATCHES = ("value", "any", "except")
_FORMS = "a condition is {key, match: {value, any or except}}, {key, range}, {is_empty: {key}} or a filter of its own"


def filter_of(given: LocatedMap, report: Report, what: str) -> Any:
    """The filter; what has no equivalent is reported."""
    if not set(given) & {*_GROUPS, "min_should"}:
        return given
    report.known_keys(given, _GROUPS, what)
    made: dict[str, Any] = {}
    for word, conditions in given.items():
        if word in _GROUPS:
            listed = conditions if isinstance(conditions, list) else [conditions]
            inner = [_condition(each, given, report, what) for each in listed]
            made[_GROUPS[word]] = At(inner, given.value_spans[word])
    return made


def _condition(given: Any, around: LocatedMap, report: Report, what: str) -> Any:
    if isinstance(given, LocatedMap):
        if set(given) & set(_GROUPS):
            return filter_of(given, report, what)
        made = _of_field(given)
        if made is not None:
            return At(made, given.span)
    place = given.span if isinstance(given, LocatedMap) else around.span
    report.error("E157", f"a condition of {what} has no equivalent yet", place, help=_FORMS)
    return {}


def _of_field(given: LocatedMap) -> dict[str, Any] | None:
    """A condition on one key; None for other forms."""
    key, match, bounds = given.get("key"), given.get("match"), given.get("range")
    empty = given.get("is_empty")
    if set(given) == {"is_empty"} and isinstance(empty, LocatedMap) and isinstance(empty.get("key"), str):
        return {str(empty["key"]): {"exists": False}}
    if not isinstance(key, str):
        return None
    if set(given) == {"key", "range"} and isinstance(bounds, LocatedMap):
        return {str(key): bounds}
    if set(given) != {"key", "match"} or not isinstance(match, LocatedMap) or len(match) != 1:
        return None
    (word, value), *_ = match.items()
    if word not in _MATCHES:
        return None
    return {"none": [{str(key): value}]} if word == "except" else {str(key): value}
