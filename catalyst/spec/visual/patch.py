"""The difference between two JSON documents as data, and its application.

`set` holds what is new or different, merged into maps key by key; `drop` holds pointers (RFC 6901) of what is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from catalyst.spec.tree import plain


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What `apply_patch` needs to make `new` out of `old`; empty when they are equal."""
    changed, drop = _compare(old, new, "")
    found: dict[str, Any] = {}
    if changed:
        found["set"] = changed
    if drop:
        found["drop"] = drop
    return found


def _compare(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> tuple[dict[str, Any], list[str]]:
    changed: dict[str, Any] = {}
    drop = [f"{path}/{_token(key)}" for key in old if key not in new]
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            if _is_other(before, value):
                drop.append(f"{path}/{_token(key)}")
                changed[key] = plain(value)
                continue
            inner, gone = _compare(before, value, f"{path}/{_token(key)}")
            drop += gone
            if inner:
                changed[key] = inner
        elif key not in old or not same(before, value):
            changed[key] = plain(value)
    return changed, drop


def _is_other(before: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    """Whether two nodes are of different types, so that their settings have nothing to do with each other."""
    return "type" in before and "config" in before and "config" in value and before["type"] != value.get("type")


def apply_patch(document: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The document with a patch on it; pointers that lead nowhere are passed over."""
    result: dict[str, Any] = deepcopy(plain(document))
    drop = patch.get("drop")
    for pointer in drop if isinstance(drop, list) else []:
        _remove(result, str(pointer))
    changed = patch.get("set")
    if isinstance(changed, Mapping):
        _merge(result, changed)
    return result


def _merge(target: dict[str, Any], changed: Mapping[str, Any]) -> None:
    for key, value in changed.items():
        inner = target.get(key)
        if isinstance(value, Mapping) and isinstance(inner, dict):
            _merge(inner, value)
        else:
            target[str(key)] = deepcopy(plain(value))


def _remove(document: dict[str, Any], pointer: str) -> None:
    *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]] or [""]
    place: Any = document
    for part in parents:
        place = place.get(part) if isinstance(place, dict) else None
    if isinstance(place, dict):
        place.pop(last, None)


def _token(key: str) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values: `1`, `1.0` and `true` are three different ones; the order of keys does not count."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, str) and isinstance(right, str):
        return str(left) == str(right)
    return type(left) is type(right) and repr(left) == repr(right)
