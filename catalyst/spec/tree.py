"""Raw YAML as plain data that knows its places.

Strings are `Located`; numbers, booleans and none are plain values, so their places are kept by the map or list that
holds them. Nothing here reads text or knows the language of the flow file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from catalyst.diagnostics import Located, Span

PathItem = str | int
Path = Sequence[PathItem]


class LocatedMap(dict[str, Any]):
    """A map of the file. `span` covers all of it, `value_spans` and `key_spans` its parts; its keys are `Located`."""

    span: Span
    value_spans: dict[str, Span]

    def __init__(self, span: Span) -> None:
        super().__init__()
        self.span = span
        self.value_spans = {}
        self._key_spans: dict[str, Span] | None = None

    def put(self, key: Located, value: Any, span: Span) -> None:
        """Add an entry whose value stands at `span`."""
        self[key] = value
        self.value_spans[key] = span

    @property
    def key_spans(self) -> dict[str, Span]:
        """Where the keys stand; found when first asked for, since only errors ask."""
        if self._key_spans is None or len(self._key_spans) != len(self):
            self._key_spans = {key: key.span for key in self if isinstance(key, Located)}
        return self._key_spans

    def without(self, *keys: str) -> LocatedMap:
        """A copy with the same places that lacks some keys."""
        copy = LocatedMap(self.span)
        for key, value in self.items():
            if key not in keys:
                copy.put(located_key(key, self.span), value, self.value_spans.get(key, self.span))
        return copy


class LocatedList(list[Any]):
    """A list of the file. `span` covers all of it, `item_spans` each item."""

    span: Span
    item_spans: list[Span]

    def __init__(self, span: Span) -> None:
        super().__init__()
        self.span = span
        self.item_spans = []

    def put(self, value: Any, span: Span) -> None:
        """Add an item that stands at `span`."""
        self.append(value)
        self.item_spans.append(span)


def located_key(key: str, default: Span) -> Located:
    """A key as `Located`, also when it was added by a pass and has no place of its own."""
    return key if isinstance(key, Located) else Located(key, default)


def as_tree(value: Any, span: Span) -> Any:
    """Plain data as a tree whose every place is `span`, for values that a pass made up."""
    if isinstance(value, (LocatedMap, LocatedList, Located)):
        return value
    if isinstance(value, dict):
        tree = LocatedMap(span)
        for key, item in value.items():
            tree.put(located_key(key, span), as_tree(item, span), span)
        return tree
    if isinstance(value, (list, tuple)):
        items = LocatedList(span)
        for item in value:
            items.put(as_tree(item, span), span)
        return items
    return Located(value, span) if isinstance(value, str) else value


def has_item(raw: Any, item: PathItem) -> bool:
    """Whether raw data is a map with this key, or a list with this index."""
    if isinstance(raw, dict):
        return isinstance(item, str) and item in raw
    return isinstance(raw, list) and isinstance(item, int) and 0 <= item < len(raw)


def span_at(raw: Any, path: Path, default: Span) -> Span:
    """The place of the value that `path` leads to; walks as far as the path matches the data."""
    span = raw.span if isinstance(raw, (LocatedMap, LocatedList, Located)) else default
    for item in path:
        if isinstance(raw, LocatedMap) and isinstance(item, str) and item in raw:
            span = raw.value_spans.get(item, span)
            raw = raw[item]
        elif isinstance(raw, LocatedList) and isinstance(item, int) and 0 <= item < len(raw):
            span = raw.item_spans[item]
            raw = raw[item]
        else:
            break
    return span


def value_at(raw: Any, path: Path) -> Any:
    """The value that `path` leads to; None where it does not match the data."""
    for item in path:
        if not has_item(raw, item):
            return None
        raw = raw[item]
    return raw


def key_span_at(raw: Any, path: Path, default: Span) -> Span:
    """The place of the key (for list items: of the item) that `path` ends with."""
    if not path:
        return span_at(raw, path, default)
    parent = value_at(raw, path[:-1])
    if isinstance(parent, LocatedMap) and path[-1] in parent.key_spans:
        return parent.key_spans[str(path[-1])]
    return span_at(raw, path, default)


def merged_maps(first: LocatedMap, second: LocatedMap) -> LocatedMap:
    """The entries of two maps, each at its own place; those of the second go before those of the first."""
    merged = LocatedMap(second.span)
    for source in (first, second):
        for key, value in source.items():
            merged.put(located_key(key, source.span), value, source.value_spans.get(key, source.span))
    return merged


def plain(value: Any) -> Any:
    """The value without places: dicts, lists and bare strings."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, str) else value
