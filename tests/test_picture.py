"""The drawing of a flow: arrows go around boxes that they have nothing to do with."""

from __future__ import annotations

from itertools import pairwise

from catalyst.api import compile_flow
from catalyst.graph.layout import PlacedGroup, Rect, place
from catalyst.graph.picture import picture_of
from catalyst.graph.svg import to_svg

FLOW = """\
catalyst: 1
name: drawn
input: {xs: array<integer>}
nodes:
  start: {type: set, with: {value: "{{ input.xs | length }}"}}
  wide:
    type: map
    over: "{{ input.xs }}"
    do:
      ways:
        type: parallel
        branches:
          left: {a: {type: set, with: {value: 1}}, b: {type: set, with: {value: "{{ nodes.a.output }}"}}}
          right: {c: {type: set, with: {value: 2}}}
  total: {type: set, with: {value: "{{ nodes.wide.output | length }} of {{ nodes.start.output }}"}}
  told: {type: log, needs: [total], with: {message: "{{ nodes.start.output }}"}}
  last: {type: log, needs: [told], with: {message: "{{ nodes.start.output }} {{ nodes.wide.output | length }}"}}
output: {t: "{{ nodes.total.output }}"}
"""


def test_no_arrow_crosses_a_box() -> None:
    picture = picture_of(compile_flow(FLOW).workflows[0])
    crossings = check(place(picture))
    assert crossings > 20
    assert to_svg(picture).count("<path class=") == 8


def check(group: PlacedGroup) -> int:
    """How many pairs of a straight stretch and a box were looked at, in a group and in what is inside."""
    pairs = 0
    for edge in group.edges:
        for (x1, y1), (x2, y2) in pairwise(edge.points):
            for box in group.boxes:
                pairs += 1
                assert not overlaps(box.rect, min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)), (edge, box)
    return pairs + sum(check(inner) for box in group.boxes for inner in box.groups)


def overlaps(rect: Rect, left: float, top: float, right: float, bottom: float) -> bool:
    return left < rect.x + rect.width and right > rect.x and top < rect.y + rect.height and bottom > rect.y
