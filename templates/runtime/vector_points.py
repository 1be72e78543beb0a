"""Points as the nodes write and read them: ids that are text, vectors, payloads, and filters.

An id of digits is a number to Qdrant, one that looks like a UUID is one; for any other text a UUID is made of it, and
the text itself is kept in the payload under `_id`, so that it comes back as it was given.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import Any

from qdrant_client import models

from .errors import FlowError

OWN_ID = "_id"
_NAMESPACE = uuid.UUID("7f0d1bb5-6c7b-4f4e-9d55-0d7f1f6f4d54")
_LARGEST = 2**64 - 1


def point_id(given: object) -> int | str:
    """The id as Qdrant takes it. Raises FlowError for what is neither text nor a whole number."""
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if not isinstance(given, str) or not given:
        raise invalid("an id is text or a whole number")
    if given.isascii() and given.isdigit() and str(int(given)) == given and int(given) <= _LARGEST:
        return int(given)
    try:
        found = str(uuid.UUID(given))
    except ValueError:
        return str(uuid.uuid5(_NAMESPACE, given))
    return found if found == given else str(uuid.uuid5(_NAMESPACE, given))


def point_ids(given: Iterable[object]) -> list[int | str]:
    """The same for several."""
    return [point_id(each) for each in given]


def to_point(given: object) -> models.PointStruct:
    """A point `{id, vector, payload}` as Qdrant takes it; without an id it gets a new one. Raises FlowError."""
    if not isinstance(given, dict):
        raise invalid("a point is {id, vector, payload}")
    own, payload = given.get("id"), given.get("payload") or {}
    if not isinstance(payload, Mapping):
        raise invalid("a payload is an object")
    found = point_id(own) if own is not None else str(uuid.uuid4())
    kept = {OWN_ID: own} if own is not None and str(found) != str(own) else {}
    return models.PointStruct(id=found, vector=checked_vector(given.get("vector")), payload={**payload, **kept})


def together(
    vectors: Sequence[object], ids: Sequence[object] | None, payloads: Sequence[object] | None
) -> list[dict[str, object]]:
    """Points out of lists that stand beside each other. Raises FlowError when they are not equally long."""
    lists = {"ids": ids, "payloads": payloads}
    for name, values in lists.items():
        if values is not None and len(values) != len(vectors):
            raise invalid(f"there are {len(vectors)} vectors and {len(values)} {name}")
    points: list[dict[str, object]] = [{"vector": vector} for vector in vectors]
    for name, values in (("id", ids), ("payload", payloads)):
        for point, value in zip(points, values or (), strict=False):
            point[name] = value
    return points


def checked_vector(given: object) -> list[float]:
    """A list of numbers that are no endless ones. Raises FlowError."""
    if isinstance(given, list) and given and all(_is_number(each) for each in given):
        return [float(each) for each in given]
    raise invalid("a vector is a list of numbers")


def checked_limit(given: object) -> int:
    """How many points there may be. Raises FlowError for fewer than one, which servers refuse without saying why."""
    if isinstance(given, int) and not isinstance(given, bool) and given >= 1:
        return given
    raise invalid("the limit is a whole number from 1")


def shown_id(found: object, payload: Mapping[str, Any] | None) -> str:
    """The id as it was given."""
    return str((payload or {}).get(OWN_ID, found))


def shown_payload(payload: Mapping[str, Any] | None) -> dict[str, Any]:
    """The payload without what is ours."""
    return {key: value for key, value in (payload or {}).items() if key != OWN_ID}


def to_filter(wanted: Mapping[str, Any] | None) -> models.Filter | None:
    """A filter as Qdrant takes it: every entry must hold. None when there is nothing that must.

    `key: value` is equality, `key: [values]` any of them, `key: {gt, gte, lt, lte}` a range (a bound that is none is
    not there), `key: {not: value}` the opposite, `key: {exists: true}` whether there is such a key; `any`, `all` and
    `none` hold lists of filters.
    """
    if not wanted:
        return None
    found = models.Filter(must=[], must_not=[])
    for key, value in wanted.items():
        _add(found, key, value)
    if not found.must and not found.must_not:
        return None
    return models.Filter(must=found.must or None, must_not=found.must_not or None)


def _add(found: models.Filter, key: str, value: Any) -> None:
    must: list[Any] = found.must  # type: ignore[assignment]
    must_not: list[Any] = found.must_not  # type: ignore[assignment]
    match value:
        case list() if key in ("any", "all", "none"):
            filters: list[Any] = [each for each in (to_filter(inner) for inner in value) if each is not None]
            if key != "any":
                (must if key == "all" else must_not).extend(filters)
            elif filters:
                must.append(models.Filter(should=filters))
        case {"not": inner}:
            must_not.append(_equal(key, inner))
        case {"exists": bool(wanted)}:
            (must_not if wanted else must).append(models.IsEmptyCondition(is_empty=models.PayloadField(key=key)))
        case dict():
            must += _range(key, value)
        case _:
            must.append(_equal(key, value))


def _equal(key: str, value: object) -> models.Condition:
    if value is None:
        return models.IsNullCondition(is_null=models.PayloadField(key=key))
    if isinstance(value, list):
        return _any_of(key, value)
    if isinstance(value, datetime):
        return models.FieldCondition(key=key, range=models.DatetimeRange(gte=value, lte=value))
    if isinstance(value, float):
        return models.FieldCondition(key=key, range=models.Range(gte=value, lte=value))
    if not isinstance(value, str | int):
        raise invalid(f"`{key}` of a filter takes text, a number or true and false")
    return models.FieldCondition(key=key, match=models.MatchValue(value=value))


def _any_of(key: str, values: list[object]) -> models.Condition:
    """One of the values. Qdrant compares lists of text or of whole numbers; for others each is asked for."""
    if all(isinstance(value, str) for value in values) or all(type(value) is int for value in values):
        return models.FieldCondition(key=key, match=models.MatchAny.model_validate({"any": values}))
    return models.Filter(should=[_equal(key, value) for value in values])


def _range(key: str, bounds: Mapping[str, Any]) -> list[models.Condition]:
    """What lies between bounds; one that is none does not hold anything back."""
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    if not given:
        return []
    if all(_is_number(each) for each in given.values()):
        return [models.FieldCondition(key=key, range=models.Range(**given))]
    try:
        if any(isinstance(each, int | float) for each in given.values()):
            raise ValueError
        return [models.FieldCondition(key=key, range=models.DatetimeRange.model_validate(given))]
    except ValueError:
        raise invalid(f"the bounds of `{key}` are numbers, or points in time") from None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def invalid(title: str) -> FlowError:
    """What was given cannot be written or asked for."""
    return FlowError(title, kind="invalid_request", status=500)
