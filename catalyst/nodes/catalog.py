"""Finds node types by file name; a module is imported when its type is asked for."""

from __future__ import annotations

import pkgutil
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

from catalyst.nodes import types
from catalyst.nodes.base import NodeType


@cache
def node_type_names() -> tuple[str, ...]:
    """All type names, sorted."""
    return tuple(sorted(module.name.rstrip("_") for module in pkgutil.iter_modules(types.__path__)))


@cache
def find_node_type(name: str) -> NodeType[Any] | None:
    """The node type of that name, or None when there is none."""
    if name not in node_type_names():
        return None
    module = import_module(f"{types.__name__}.{_file_names()[name]}")
    node_type: NodeType[Any] = module.NODE
    summary, _, notes = (module.__doc__ or "").strip().partition("\n\n")
    return replace(node_type, name=name, summary=_sentence(summary), notes=notes)


def _file_names() -> dict[str, str]:
    return {module.name.rstrip("_"): module.name for module in pkgutil.iter_modules(types.__path__)}


def _sentence(docstring: str) -> str:
    """The text behind "`name`: " of a docstring's first paragraph, on one line."""
    return " ".join(docstring.partition(": ")[2].split()) or docstring
