"""The import block of one module, in the order that isort and ruff want."""

from __future__ import annotations

import re
import sys
from collections.abc import Set

_FIRST_PARTY = ("app", "lib", "tests")


class Imports:
    """Collects imports; `lines()` prints them, grouped and sorted."""

    def __init__(self) -> None:
        self._from: dict[str, set[str]] = {}
        self._plain: set[str] = set()

    def add(self, module: str, name: str, local: str | None = None) -> str:
        """`from module import name`, `as local` where the name is taken; gives the local name."""
        member = name if local in (None, name) else f"{name} as {local}"
        self._from.setdefault(module, set()).add(member)
        return local or name

    def add_module(self, module: str) -> str:
        """`import module`; gives the module's name."""
        self._plain.add(module)
        return module

    def keep_only(self, names: Set[str]) -> None:
        """Forget what comes in under a name that is not in `names`."""
        for module, members in list(self._from.items()):
            kept = {member for member in members if member.rpartition(" as ")[2] in names}
            if kept:
                self._from[module] = kept
            else:
                del self._from[module]
        self._plain = {module for module in self._plain if module.partition(".")[0] in names}

    def modules(self) -> list[str]:
        """All modules imported from, sorted."""
        return sorted(self._plain | set(self._from))

    def lines(self) -> list[str]:
        """The statements, with a blank line between the standard library, packages and the project."""
        groups: list[list[str]] = [[], [], []]
        for module in sorted(self._plain, key=_natural):
            groups[_section(module)].append(f"import {module}")
        for module in sorted(self._from, key=_natural):
            plain = [name for name in sorted(self._from[module], key=_member_order) if " as " not in name]
            renamed = [[name] for name in self._from[module] if " as " in name]
            # What is renamed has a statement of its own; statements stand in the order of their first names.
            for names in sorted([*([plain] if plain else []), *renamed], key=lambda names: _member_order(names[0])):
                groups[_section(module)].append(f"from {module} import {', '.join(names)}")
        lines: list[str] = []
        for group in groups:
            if group and lines:
                lines.append("")
            lines += group
        return lines


def _section(module: str) -> int:
    root = module.partition(".")[0]
    if root in _FIRST_PARTY:
        return 2
    return 0 if root in sys.stdlib_module_names else 1


def _member_order(name: str) -> tuple[int, list[tuple[int, int]]]:
    """Constants, then classes, then the rest: isort's order by type."""
    name = name.partition(" as ")[0]
    if name.isupper() and len(name) > 1:
        return (0, _natural(name))
    return (1 if name[:1].isupper() else 2, _natural(name))


def _natural(name: str) -> list[tuple[int, int]]:
    """The order of people: case does not matter, and `n3` stands before `n21`."""
    parts = re.findall(r"\d+|\D", name.lower())
    return [(ord("0"), int(part)) if part.isdigit() else (ord(part), 0) for part in parts]
