"""Opens long lists, tuples, dicts and calls as black does: one element a line, with a comma behind the last.

Goes in: statements as text. Comes out: the same, with every assignment that is too long for its line laid out. Black
has the last word; but what it finds as it wants it, it need not read a second time.
"""

from __future__ import annotations

import ast

_INDENT = 4
_ATOMS = (ast.List, ast.Tuple, ast.Dict, ast.Set)

_Part = tuple["ast.expr | ast.keyword", ast.expr]
"""An element: where it starts, and its value."""


def open_long(line: str, width: int) -> list[str] | None:
    """The lines that a statement of one line becomes; None when black has to say."""
    indent = len(line) - len(line.lstrip())
    if not line.isascii():  # a tree counts places in bytes
        return None
    if line.startswith("from "):
        return _opened_import(line)
    text = line[indent:]
    value = _value(ast.parse(text.replace("@", "_", 1) if text.startswith("@") else text).body[0])
    if value is None:
        return None
    opened = text[: value.col_offset] + _Layout(text, width - indent).node(value, 0, value.col_offset)
    lines = [" " * indent + part for part in opened.split("\n")]
    return lines if all(len(part) <= width for part in lines) else None


def _opened_import(line: str) -> list[str]:
    module, _, names = line.partition(" import ")
    return [f"{module} import (", *(f"    {name}," for name in names.split(", ")), ")"]


def _value(statement: ast.stmt) -> ast.expr | None:
    """The call or container that a statement ends with, when black opens that and nothing before."""
    match statement:
        case ast.Assign(targets=[ast.Name()], value=value) | ast.AnnAssign(target=ast.Name(), value=value):
            found = value
        case ast.Return(value=value) | ast.Expr(value=value):
            found = value
        case _:
            return None
    return found.value if isinstance(found, ast.Await) else found


class _Layout:
    """Lays out expressions that stand in one line."""

    def __init__(self, line: str, width: int) -> None:
        self._line = line
        self._width = width

    def node(self, node: ast.expr, indent: int, before: int, after: int = 0) -> str:
        """An expression in a line with that indent, so many characters before it, and so many behind."""
        text = self._line[node.col_offset : node.end_col_offset]
        parts = _parts(node)
        if before + len(text) + after <= self._width or not parts:
            return text
        opening = self._line[node.col_offset : parts[0][0].col_offset]
        closing = self._line[parts[-1][1].end_col_offset : node.end_col_offset]
        if not opening:  # a tuple without parentheses, which get them
            opening, closing = "(", ")"
        inner = indent + _INDENT
        return f"{opening}\n{self._body(node, parts, inner)}\n{' ' * indent}{closing.lstrip(',')}"

    def _body(self, node: ast.expr, parts: list[_Part], indent: int) -> str:
        """What stands between the brackets."""
        pad = " " * indent
        whole = self._line[parts[0][0].col_offset : parts[-1][1].end_col_offset]
        if not isinstance(node, _ATOMS) and indent + len(whole) <= self._width:
            return pad + whole
        comma = "," if len(parts) > 1 or isinstance(node, ast.Tuple) else ""
        return "\n".join(pad + self._part(first, last, indent, len(comma)) + comma for first, last in parts)

    def _part(self, first: ast.expr | ast.keyword, last: ast.expr, indent: int, after: int) -> str:
        """An element: a value, or the key of a pair and its value."""
        if first is last:
            return self.node(last, indent, indent, after)
        key = self._line[first.col_offset : last.col_offset]
        return key + self.node(last, indent, indent + len(key), after)


def _parts(node: ast.expr) -> list[_Part]:
    """The elements of a container; none for what is not opened here."""
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return [(element, element) for element in elements]
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return [] if None in keys else [(key, value) for key, value in pairs if key is not None]
        case ast.Call(func=ast.Name() | ast.Attribute(value=ast.Name()), args=args, keywords=keywords):
            plain = not any(isinstance(arg, ast.GeneratorExp) for arg in args) and all(word.arg for word in keywords)
            named: list[_Part] = [(word, word.value) for word in keywords]
            return [*((arg, arg) for arg in args), *named] if plain else []
        case _:
            return []
