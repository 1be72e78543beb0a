"""A copy of a flow's tree without what is wrong in it, so that later passes can look at the rest.

Whatever is left out has been reported. Names stay known: an input or a type that is wrong becomes `any`, a node whose
type is missing gets a `NoType`, so that nobody complains about a name that the author did give.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from catalyst.diagnostics import Located, Span
from catalyst.spec.model import NoType
from catalyst.spec.names import name_problem, normal_form, usable_name
from catalyst.spec.tree import LocatedList, LocatedMap, located_key
from catalyst.spec.validate import Place

_NAMED = ("input", "types", "env", "secrets")


def without_wrong(tree: LocatedMap, places: Iterable[Place]) -> LocatedMap:
    """A copy of the tree in which the given places are left out or made harmless."""
    by_section: dict[str, list[Place]] = {}
    for place in places:
        if place:
            by_section.setdefault(str(place[0]), []).append(place[1:])
    copy = LocatedMap(tree.span)
    for key, value in tree.items():
        wrong = by_section.get(key)
        if wrong is None:
            _copy(copy, tree, key, value)
        elif all(wrong):
            _copy(copy, tree, key, _repaired(str(key), value, wrong))
    if "catalyst" in by_section:
        copy.put(Located("catalyst", tree.span), 1, tree.span)
    return copy


def without_places(value: Any, places: Iterable[Place]) -> Any:
    """A copy of a tree in which the values at some places are left out, and nothing else."""
    inside: dict[Any, list[Place]] = {}
    for place in places:
        if place:
            inside.setdefault(place[0], []).append(place[1:])
    if not inside:
        return value
    if isinstance(value, LocatedMap):
        copy = LocatedMap(value.span)
        for key, item in value.items():
            if all(inside.get(key, ["kept"])):
                _copy(copy, value, key, without_places(item, inside.get(key, [])))
        return copy
    if isinstance(value, LocatedList):
        items = LocatedList(value.span)
        for index, (item, span) in enumerate(zip(value, value.item_spans, strict=True)):
            if all(inside.get(index, ["kept"])):
                items.put(without_places(item, inside.get(index, [])), span)
        return items
    return value


def with_any_type(tree: LocatedMap, places: Iterable[Place]) -> LocatedMap:
    """A copy of the tree in which the types at some places, which could not be read, are `any`: what has them stays
    known.
    """
    result = tree
    for place in places:
        result = _with_any(result, place)
    return result


def _with_any(value: Any, place: Place) -> Any:
    if not place:
        return Located("any", value.span) if isinstance(value, Located) else value
    if not isinstance(value, LocatedMap) or place[0] not in value:
        return value
    copy = LocatedMap(value.span)
    for key, item in value.items():
        _copy(copy, value, key, _with_any(item, place[1:]) if key == place[0] else item)
    return copy


def _copy(copy: LocatedMap, original: LocatedMap, key: str, value: Any) -> None:
    copy.put(located_key(key, original.span), value, original.value_spans.get(key, original.span))


def _repaired(section: str, value: Any, wrong: list[Place]) -> Any:
    """A section without the entries that are wrong; every path in `wrong` is inside of it."""
    if isinstance(value, LocatedList):
        return _list_without(value, {place[0] for place in wrong})
    if not isinstance(value, LocatedMap):
        return value
    if section == "nodes":
        return _nodes_without(value, wrong)
    names = {place[0] for place in wrong}
    copy = LocatedMap(value.span)
    for key, item in value.items():
        span = value.value_spans.get(key, value.span)
        if key not in names:
            _copy(copy, value, key, item)
        elif section in _NAMED and isinstance(key, Located) and name_problem(key) is None:
            copy.put(key, Located("any", span) if section in ("input", "types") else None, span)
    return copy


def _list_without(value: LocatedList, indexes: set[Any]) -> LocatedList:
    copy = LocatedList(value.span)
    for index, (item, span) in enumerate(zip(value, value.item_spans, strict=True)):
        if index not in indexes:
            copy.put(item, span)
    return copy


def _nodes_without(nodes: LocatedMap, wrong: list[Place]) -> LocatedMap:
    copy = LocatedMap(nodes.span)
    taken = {normal_form(key) for key in nodes if name_problem(key) is None}
    for key, node in nodes.items():
        span = nodes.value_spans.get(key, nodes.span)
        known = _known_as(key, taken)
        if known is not None:
            keys = {str(place[1]) if len(place) > 1 else "" for place in wrong if place[0] == key}
            copy.put(known, _node_without(node, keys, span) if keys else node, span)
    return copy


def _known_as(key: str, taken: set[str]) -> Located | None:
    """What a node is called from here on: its name, or the proposed one where that may not be one and is free."""
    located = key if isinstance(key, Located) else Located(key, Span.start_of("<flow>"))
    if name_problem(key) is None:
        return located
    name = usable_name(key)
    if name_problem(name) is not None or normal_form(name) in taken:
        return None
    taken.add(normal_form(name))
    return Located(name, located.span)


def _node_without(node: Any, keys: set[str], span: Span) -> LocatedMap:
    rest = node.without(*keys) if isinstance(node, LocatedMap) else LocatedMap(span)
    if "type" not in rest:
        rest.put(Located("type", span), NoType("none", span), span)
    return rest
