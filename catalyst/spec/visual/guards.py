"""When a node runs: edges become `needs` and `if`.

An edge out of a handle asks for the value of the node it leaves; several edges into a node are joined with `or`, and
the node waits for all of them. `Runs` says under which conditions a node runs at all: None means always, otherwise any
one of several conditions, each an expression over nodes that decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from catalyst.diagnostics import Span
from catalyst.spec.visual.catalog import HANDLE_FIELDS, HANDLE_STATUS, HANDLE_VALUES, HANDLES, TRIED
from catalyst.spec.visual.code import Code, code, grouped

Key = tuple[str, str]
Runs = dict[Key, Code] | None


@dataclass(frozen=True, slots=True)
class Arm:
    """An edge into a node: from where, and which handle's value it asks for ("" when it only waits)."""

    source: str
    handle: str = ""
    span: Span | None = None


@dataclass(slots=True)
class Paths:
    """What is known about when the nodes of a group run, filled in the order in which they run."""

    kinds: Mapping[str, str]
    """Identifier -> type, for nodes with handles."""
    cases: Mapping[str, Iterable[str]] = field(default_factory=dict)
    """Identifier of a switch -> its handles."""
    runs: dict[str, Runs] = field(default_factory=dict)

    def maybe(self, node: str) -> bool:
        """Whether a node may be skipped."""
        return self.runs.get(node) is not None

    def test(self, arm: Arm) -> Code:
        """The expression that is true when an edge out of a handle is taken."""
        if self.kinds.get(arm.source) == TRIED:
            return code(f"nodes.{arm.source}.status == '{HANDLE_STATUS[arm.handle]}'")
        kind = self.kinds.get(arm.source, "")
        read = f"nodes.{arm.source}.output"
        if kind in HANDLE_FIELDS:
            read += f"{'?' if self.maybe(arm.source) else ''}.{HANDLE_FIELDS[kind]}"
        value = HANDLE_VALUES.get(arm.handle) if kind != "switch" else None
        if value is None:
            return code(f"{read} == '{arm.handle}'")
        if self.maybe(arm.source):
            # A decision that was skipped is none, which is neither true nor false.
            return code(f"{read} == {value}")
        return code(read if value == "true" else f"not {read}")

    def through(self, arms: Iterable[Arm]) -> Runs:
        """When a node with these edges runs; without any it always does."""
        arms = list(arms)
        if not arms:
            return None
        found: dict[Key, Code] = {}
        for arm in arms:
            if arm.handle:
                found[(arm.source, arm.handle)] = self.test(arm)
                continue
            before = self.runs.get(arm.source)
            if before is None:
                return None
            found |= before
        return self._without_full_sets(found)

    def _without_full_sets(self, found: dict[Key, Code]) -> Runs:
        """All handles of one decision together say no more than that it was made."""
        for source in {key[0]: None for key in found}:
            handles = set(HANDLES.get(self.kinds.get(source, ""), ())) or set(self.cases.get(source, ()))
            if handles and handles <= {key[1] for key in found if key[0] == source}:
                before = self.runs.get(source)
                if before is None:
                    return None
                found = {key: value for key, value in found.items() if key[0] != source} | before
        return found

    def exclude(self, left: Key, right: Key, depth: int = 0) -> bool:
        """Whether two conditions can never both hold."""
        if left[0] == right[0]:
            return left[1] != right[1] and bool(left[1]) and bool(right[1])
        if depth > 16:
            return False
        for one, other in ((left, right), (right, left)):
            before = self.runs.get(one[0])
            if before and all(self.exclude(key, other, depth + 1) for key in before):
                return True
        return False

    def never_together(self, left: str, right: str) -> bool:
        """Whether at most one of two nodes runs."""
        one, other = self.runs.get(left), self.runs.get(right)
        return bool(one) and bool(other) and all(self.exclude(a, b) for a in one or () for b in other or ())


def either(runs: Runs) -> Code:
    """The conditions joined with `or`."""
    parts: list[str | Code] = []
    for test in (runs or {}).values():
        parts += [" or "] if parts else []
        parts.append(test)
    return code(*parts)


def both(left: Code, right: Code, *, left_joined: bool) -> Code:
    """`left and right`; a joined left side needs parentheses."""
    return code(code("(", left, ")") if left_joined else left, " and ", grouped(right))
