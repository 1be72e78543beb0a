"""The parts of the benchmark: one module each, found by its file name.

A part has `measure(bench) -> Rounds`, which measures, `lines(rounds) -> list[Line]`, which says what that comes down
to, and `ORDER`, its place in the table. It may have `pictures(rounds)`. Both take nothing but the rounds: a result
that was kept is read by the same code. A part that this machine cannot measure raises CannotMeasure.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from benchmarks.bench import Bench, Rounds
from benchmarks.table import Line


class Part(Protocol):
    """What the module of a part has."""

    ORDER: int

    def measure(self, bench: Bench) -> Rounds:
        """Measure. Raises CannotMeasure."""

    def lines(self, rounds: Rounds) -> list[Line]:
        """The lines of the table."""


@cache
def names() -> tuple[str, ...]:
    """All parts, in the order of the table."""
    found = [path.stem for path in Path(__file__).parent.glob("*.py") if path.stem != "__init__"]
    return tuple(sorted(found, key=lambda name: (part(name).ORDER, name)))


@cache
def part(name: str) -> Part:
    """The module of a part."""
    module: Any = importlib.import_module(f"{__name__}.{name}")
    return module  # type: ignore[no-any-return]


def pictures(name: str, rounds: Rounds) -> Sequence[Any]:
    """What a part draws."""
    draw = getattr(part(name), "pictures", None)
    return draw(rounds) if draw is not None else ()
