"""A workflow as a Mermaid flowchart.

Goes in: the picture. Comes out: text that Mermaid draws, the same for the same flow. Bodies are subgraphs; solid arrows
carry data, dashed ones are order only, thick ones lead to where a failure goes on. Ids are made up (`n1`, `g1`),
because words such as `end` mean something to Mermaid; what the author wrote stands in quotes, escaped.
"""

from __future__ import annotations

from collections.abc import Iterator

from catalyst.graph.picture import Box, Edge, Group

_ARROWS = {"data": "-->", "order": "-.->", "error": "==>"}
_ESCAPES = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;", "|": "#124;", "\\": "#92;"}


def to_mermaid(picture: Group) -> str:
    """The flowchart, ending with a line break."""
    return "\n".join(["flowchart TD", *_Writer().group(picture, 1)]) + "\n"


class _Writer:
    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._groups = 0

    def group(self, group: Group, depth: int) -> Iterator[str]:
        """The boxes of a group, then its arrows."""
        for box in group.boxes:
            yield from self._box(box, depth)
        for edge in group.edges:
            yield "    " * depth + self._edge(edge)

    def _box(self, box: Box, depth: int) -> Iterator[str]:
        name = self._names[box.id] = f"n{len(self._names) + 1}"
        text = f"<b>{escape(box.id)}</b><br/>{escape(box.type)}" + (f"<br/>{escape(box.note)}" if box.note else "")
        indent = "    " * depth
        if not box.groups:
            yield f'{indent}{name}["{text}"]'
            return
        yield f'{indent}subgraph {name}["{text}"]'
        for inner in box.groups:
            self._groups += 1
            yield f'{indent}    subgraph g{self._groups}["{escape(inner.label)}"]'
            yield from self.group(inner, depth + 2)
            yield f"{indent}    end"
        yield f"{indent}end"

    def _edge(self, edge: Edge) -> str:
        label = f'|"{escape(edge.label)}"|' if edge.label else ""
        return f"{self._names[edge.source]} {_ARROWS[edge.kind]}{label} {self._names[edge.target]}"


def escape(text: str) -> str:
    """Text for inside a quoted label."""
    return "".join(_ESCAPES.get(char, char if char.isprintable() else " ") for char in text)
