"""What expressions do with objects. Each result is new; nothing that goes in is changed."""

from collections.abc import Mapping
from typing import Any, TypeVar

from .errors import ExpressionError
from .values import MAX_LIST, kind_of, limit

T = TypeVar("T")


def items_of(value: Mapping[str, Any]) -> list[list[Any]]:
    """Pairs of a key and its value."""
    return [[key, item] for key, item in _object("items", value).items()]


def sorted_items(
    value: Mapping[str, Any], case_sensitive: bool = False, by: str = "key", reverse: bool = False
) -> list[list[Any]]:
    """Pairs of a key and its value, in the order of the keys or, with `by="value"`, of the values."""
    if by not in {"key", "value"}:
        raise ExpressionError("`dictsort` sorts by key or by value")
    pairs = items_of(_object("dictsort", value))
    position = 0 if by == "key" else 1
    kinds = sorted({_order(pair[position]) for pair in pairs})
    if len(kinds) > 1 or "none" in kinds or "array" in kinds or "object" in kinds:
        raise ExpressionError(f"`dictsort` cannot compare {' and '.join(kinds)}")

    def key_of(pair: list[Any]) -> Any:
        key = pair[position]
        return key.lower() if isinstance(key, str) and not case_sensitive else key

    return sorted(pairs, key=key_of, reverse=reverse)


def keys_of(value: Mapping[str, Any]) -> list[str]:
    """The keys, in their order."""
    return list(_object("keys", value))


def values_of(value: Mapping[str, Any]) -> list[Any]:
    """The values, in the order of the keys."""
    return list(_object("values", value).values())


def merge(value: Mapping[str, Any], other: Mapping[str, Any]) -> Any:
    """The keys of both; where both have one, the value of `other`."""
    merged = {**_object("merge", value), **_object("merge", other)}
    limit("merge", len(merged), MAX_LIST, "keys")
    return merged


def pick(value: Mapping[str, Any], *keys: str) -> Any:
    """The object with these keys only; a key that is not there stays away."""
    source = _object("pick", value)
    return {key: source[key] for key in keys if key in source}


def omit(value: Mapping[str, Any], *keys: str) -> Any:
    """The object without these keys."""
    return {key: item for key, item in _object("omit", value).items() if key not in keys}


def lookup(value: Mapping[str, Any], key: str, default: Any = None) -> Any:
    """The value of a key, or `default` when the key is missing or its value none."""
    found = _object("get", value).get(key) if isinstance(key, str) else None
    return default if found is None else found


def _object(name: str, value: Mapping[str, T]) -> dict[str, T]:
    if not isinstance(value, dict):
        raise ExpressionError(f"`{name}` needs an object, not {kind_of(value)}")
    return value


def _order(value: object) -> str:
    kind = kind_of(value)
    return "number" if kind == "integer" else kind
