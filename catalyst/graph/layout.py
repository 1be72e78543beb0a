"""Places the boxes of a picture: layers from top to bottom, groups side by side inside their box.

Goes in: a picture. Comes out: rectangles and arrows with their points, in pixels from the top left corner. A box stands
one layer below the lowest box that it comes after; within a layer boxes are ordered by where their sources stand.
An arrow that passes a layer goes through a gap between its boxes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from catalyst.graph.picture import Box, Edge, Group

GAP_X = 28
GAP_Y = 46
PADDING = 16
LINE = 17
"""Height of a line of text."""
_CHAR = 7.3
_NARROWEST = 110
_HEADING = 26


Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    def moved(self, x: float, y: float) -> Rect:
        """The same, further right and down."""
        return replace(self, x=self.x + x, y=self.y + y)


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """A box with its place; `lines` are the texts in it, the first one its id."""

    rect: Rect
    lines: tuple[str, ...]
    groups: tuple[PlacedGroup, ...]

    def moved(self, x: float, y: float) -> PlacedBox:
        """The same, further right and down, with all that is inside."""
        return PlacedBox(self.rect.moved(x, y), self.lines, tuple(group.moved(x, y) for group in self.groups))


@dataclass(frozen=True, slots=True)
class PlacedEdge:
    """An arrow with the points that it passes, the first one below its source and the last one above its target."""

    edge: Edge
    points: tuple[Point, ...]

    @property
    def end(self) -> Point:
        """Where it ends."""
        return self.points[-1]

    def moved(self, x: float, y: float) -> PlacedEdge:
        """The same, further right and down."""
        return PlacedEdge(self.edge, tuple((left + x, top + y) for left, top in self.points))


@dataclass(frozen=True, slots=True)
class PlacedGroup:
    """A group with its place."""

    rect: Rect
    label: str
    boxes: tuple[PlacedBox, ...]
    edges: tuple[PlacedEdge, ...]

    def moved(self, x: float, y: float) -> PlacedGroup:
        """The same, further right and down, with all that is inside."""
        boxes = tuple(box.moved(x, y) for box in self.boxes)
        return PlacedGroup(self.rect.moved(x, y), self.label, boxes, tuple(edge.moved(x, y) for edge in self.edges))


def place(picture: Group) -> PlacedGroup:
    """The whole picture, its top left corner at 0, 0."""
    placed = [_sized(box) for box in picture.boxes]
    by_id = {box.id: shape for box, shape in zip(picture.boxes, placed, strict=True)}
    layers = _layers(picture)
    width = max((_layer_width(layer, by_id) for layer in layers), default=_NARROWEST)
    width = max(width, _text_width(picture.label))
    top = float(PADDING + _HEADING)
    at: dict[str, PlacedBox] = {}
    for layer in layers:
        left = PADDING + (width - _layer_width(layer, by_id)) / 2
        for id_ in layer:
            at[id_] = by_id[id_].moved(left, top)
            left += by_id[id_].rect.width + GAP_X
        top += max(by_id[id_].rect.height for id_ in layer) + GAP_Y
    height = top - GAP_Y + PADDING if layers else top
    rows = [[at[id_].rect for id_ in layer] for layer in layers]
    edges = tuple(PlacedEdge(edge, _route(at[edge.source].rect, at[edge.target].rect, rows)) for edge in picture.edges)
    boxes = tuple(at[box.id] for box in picture.boxes)
    return PlacedGroup(Rect(0, 0, width + 2 * PADDING, height), picture.label, boxes, edges)


def _sized(box: Box) -> PlacedBox:
    """A box with its size, at 0, 0."""
    lines = tuple(line for line in (box.id, box.type, box.note) if line)
    width = max(_NARROWEST, *(_text_width(line) for line in lines)) + 2 * PADDING
    top = float(PADDING + LINE * len(lines))
    groups: list[PlacedGroup] = []
    left = float(PADDING)
    for group in map(place, box.groups):
        groups.append(group.moved(left, top))
        left += group.rect.width + PADDING
    if groups:
        width = max(width, left)
        top = max(group.rect.y + group.rect.height for group in groups) + PADDING
    return PlacedBox(Rect(0, 0, width, top if groups else top + PADDING / 2), lines, tuple(groups))


def _layers(picture: Group) -> list[list[str]]:
    """Ids by layer; the boxes come in an order that respects the edges, but for those of failures."""
    sources: dict[str, list[str]] = {box.id: [] for box in picture.boxes}
    for edge in picture.edges:
        if edge.kind != "error":
            sources[edge.target].append(edge.source)
    depth: dict[str, int] = {}
    layers: list[list[str]] = []
    for box in picture.boxes:
        depth[box.id] = 1 + max((depth.get(source, -1) for source in sources[box.id]), default=-1)
        while len(layers) <= depth[box.id]:
            layers.append([])
        layers[depth[box.id]].append(box.id)
    return _ordered([layer for layer in layers if layer], sources)


def _ordered(layers: Sequence[list[str]], sources: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Each layer sorted by the middle of where its sources stand, so that few arrows cross."""
    position: dict[str, float] = {}
    result = []
    for layer in layers:
        middle = {
            id_: sum(position.get(source, 0.5) for source in sources[id_]) / len(sources[id_]) if sources[id_] else 0.5
            for id_ in layer
        }
        in_order = sorted(layer, key=middle.__getitem__)  # equal ones keep the order of the flow
        position |= {id_: (number + 0.5) / len(in_order) for number, id_ in enumerate(in_order)}
        result.append(in_order)
    return result


def _layer_width(layer: Sequence[str], boxes: Mapping[str, PlacedBox]) -> float:
    return sum(boxes[id_].rect.width for id_ in layer) + GAP_X * (len(layer) - 1)


def _route(source: Rect, target: Rect, rows: Sequence[Sequence[Rect]]) -> tuple[Point, ...]:
    """From below the source to above the target; through each row in between straight down, beside its boxes."""
    x, end = source.x + source.width / 2, (target.x + target.width / 2, target.y)
    points = [(x, source.y + source.height)]
    for row in rows:
        top, bottom = row[0].y, max(rect.y + rect.height for rect in row)
        if source.y < top < target.y:
            x = _gap(x, row)
            points.append((x, top))
        if source.y <= top < target.y and points[-1] != (x, bottom):
            points.append((x, bottom))
    return (*points, end)


def _gap(x: float, row: Sequence[Rect]) -> float:
    """The place nearest to `x` where nothing of a row stands."""
    if not any(rect.x <= x <= rect.x + rect.width for rect in row):
        return x
    beside = [side for rect in row for side in (rect.x - GAP_X / 2, rect.x + rect.width + GAP_X / 2)]
    return min(beside, key=lambda side: abs(side - x))


def _text_width(text: str) -> float:
    """About how wide a text is, in pixels; wide characters count twice."""
    return _CHAR * sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
