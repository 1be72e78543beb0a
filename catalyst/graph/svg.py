"""A workflow as an SVG picture, drawn here without other programs.

Goes in: the picture. Comes out: an SVG document without scripts, links or fonts of its own; every text is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from xml.sax.saxutils import escape

from catalyst.graph.layout import GAP_Y, LINE, PADDING, PlacedBox, PlacedEdge, PlacedGroup, Point, Rect, place
from catalyst.graph.picture import Group

_STYLE = """\
text { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #1f2933 }
.id { font-weight: bold }
.type, .label { fill: #52606d }
.node { fill: #ffffff; stroke: #3e4c59 }
.group { fill: #f5f7fa; stroke: #9aa5b1; stroke-dasharray: 3 3 }
.data, .order, .error { fill: none; stroke: #3e4c59; stroke-width: 1.3 }
.order { stroke-dasharray: 5 4 }
.error { stroke: #b91c1c }
.halo { stroke: #ffffff; stroke-width: 4; paint-order: stroke }"""


def to_svg(picture: Group) -> str:
    """The document, ending with a line break."""
    placed = place(picture)
    width, height = (_number(length + PADDING) for length in (placed.rect.width, placed.rect.height))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f"<title>{_text(picture.label)}</title>",
        f"<style>\n{_STYLE}\n</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#3e4c59"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *_contents(placed, heading=True),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _contents(group: PlacedGroup, *, heading: bool) -> Iterator[str]:
    style = "id" if heading else "label"
    yield _line(group.rect.x + PADDING, group.rect.y + PADDING + LINE / 2, group.label, style)
    for box in group.boxes:
        yield from _box(box)
    for edge in group.edges:
        yield _arrow(edge)
    for edge in group.edges:
        if edge.edge.label:
            yield _line(edge.end[0], edge.end[1] - GAP_Y / 3, edge.edge.label, "label halo", centred=True)


def _box(box: PlacedBox) -> Iterator[str]:
    yield _rect(box.rect, "node")
    for number, line in enumerate(box.lines):
        y = box.rect.y + PADDING / 2 + LINE * (number + 0.8)
        yield _line(box.rect.x + box.rect.width / 2, y, line, "id" if number == 0 else "type", centred=True)
    for group in box.groups:
        yield _rect(group.rect, "group")
        yield from _contents(group, heading=False)


def _arrow(placed: PlacedEdge) -> str:
    start = " ".join(map(_number, placed.points[0]))
    way = " ".join(_stretch(before, after) for before, after in pairwise(placed.points))
    return f'<path class="{placed.edge.kind}" d="M{start} {way}" marker-end="url(#tip)"/>'


def _stretch(before: Point, after: Point) -> str:
    """From one point of an arrow to the next: straight down, or in a bow that begins and ends so."""
    (x1, y1), (x2, y2) = before, after
    if x1 == x2 and y1 < y2:
        return f"V{_number(y2)}"
    bend = max(GAP_Y / 2, abs(y2 - y1) / 2)
    return "C" + " ".join(_number(value) for value in (x1, y1 + bend, x2, y2 - bend, x2, y2))


def _rect(rect: Rect, style: str) -> str:
    x, y, width, height = (_number(value) for value in (rect.x, rect.y, rect.width, rect.height))
    return f'<rect class="{style}" x="{x}" y="{y}" width="{width}" height="{height}" rx="6"/>'


def _line(x: float, y: float, text: str, style: str, *, centred: bool = False) -> str:
    anchor = ' text-anchor="middle"' if centred else ""
    return f'<text class="{style}" x="{_number(x)}" y="{_number(y)}"{anchor}>{_text(text)}</text>'


def _text(text: str) -> str:
    return escape("".join(char if char.isprintable() else " " for char in text))


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
