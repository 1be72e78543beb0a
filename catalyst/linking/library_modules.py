"""Files of the user's `lib/` as parsed modules.

Goes in: a way to read files. Comes out: for each module its tree, and what its names stand for.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field

_LONGEST = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class LibraryModule:
    """One file below `lib/`."""

    name: str
    path: str
    tree: ast.Module
    classes: dict[str, ast.ClassDef]
    aliases: dict[str, ast.expr]
    """Names of the module that are given a value once: `Rows = list[Row]`, `type Rows = ...`."""
    imported: dict[str, str]
    """Local name -> `module:name`, or `module:` for a whole module."""


@dataclass(slots=True)
class Library:
    """The modules, each read once."""

    read: Callable[[str], str | None]
    _known: dict[str, LibraryModule | str] = field(default_factory=dict)

    def module(self, name: str) -> LibraryModule | str:
        """A module such as `lib.scoring`; text says what is wrong with it."""
        if name not in self._known:
            self._known[name] = self._load(name)
        return self._known[name]

    def _load(self, name: str) -> LibraryModule | str:
        path = name.replace(".", "/") + ".py"
        source = self.read(path)
        if source is None:
            return f"there is no file `{path}`"
        tree = read_module(path, source)
        if isinstance(tree, str):
            return tree
        classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        return LibraryModule(name, path, tree, classes, _aliases(tree), _imported(tree, name))


def read_module(path: str, source: str) -> ast.Module | str:
    """The syntax tree of a file; text says why there is none."""
    if len(source) > _LONGEST:
        return f"`{path}` is too long to be read"
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        return f"`{path}` is not Python" + (f": line {line}" if line else "")


def _aliases(tree: ast.Module) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = value
            case _ if type(node).__name__ == "TypeAlias":  # `type X = ...`; ast.TypeAlias came with Python 3.12
                found[node.name.id] = node.value  # type: ignore[attr-defined]
    return found


def _imported(tree: ast.Module, module: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            origin = _absolute(node, module)
            found |= {alias.asname or alias.name: f"{origin}:{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.partition(".")[0]
                found[local] = f"{alias.name if alias.asname else local}:"
    return found


def _absolute(node: ast.ImportFrom, module: str) -> str:
    if not node.level:
        return node.module or ""
    package = module.split(".")[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])
