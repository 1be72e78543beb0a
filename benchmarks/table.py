"""The lines that a result comes down to: what was measured, its goal, what came out, and the rounds behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from benchmarks.bench import Round
from catalyst.measure.figures import Figure, figure, ratio

Each = Sequence[Round]
Better = Literal["more", "less"]


@dataclass(frozen=True, slots=True)
class Goal:
    """What a line has to reach: `Goal("more", 3.0)` is at least 3."""

    better: Better
    value: float | None = None
    """None: nothing is promised, but more (or less) is better all the same."""
    hoped: float | None = None
    """What would be better still."""

    def is_met(self, value: float) -> bool | None:
        """Whether it reaches it; None when nothing is promised."""
        if self.value is None:
            return None
        return value >= self.value if self.better == "more" else value <= self.value

    def text(self, unit: str) -> str:
        """As it stands in the table."""
        if self.value is None:
            return ""
        sign = "≥" if self.better == "more" else "≤"
        hoped = f", better {self.hoped:g}" if self.hoped is not None else ""
        return f"{sign} {self.value:g} {unit}{hoped}".replace(" ,", ",").rstrip()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    what: str
    goal: Goal
    unit: str
    """`x` for a ratio of contenders that took turns; a line in any other unit depends on the machine."""
    figure: Figure
    rounds: tuple[float, ...]
    """The same for each round alone."""

    @property
    def is_ratio(self) -> bool:
        """Whether it says something on another machine, too."""
        return self.unit == "x"


def over(what: str, goal: Goal, one: Each, two: Each, field: str) -> Line:
    """A ratio of two contenders: of their medians, spread over the rounds that followed each other."""
    first, second = _values(one, field), _values(two, field)
    each = tuple(a / b for a, b in zip(first, second, strict=True))
    return Line(what, goal, "x", ratio(first, second), each)


def plain(what: str, goal: Goal, unit: str, rounds: Each, field: str) -> Line:
    """The median of one figure."""
    values = _values(rounds, field)
    return Line(what, goal, unit, figure(values), tuple(values))


def made_of(what: str, goal: Goal, unit: str, rounds: Iterable[float]) -> Line:
    """A figure that is worked out for each round."""
    values = tuple(rounds)
    return Line(what, goal, unit, figure(values), values)


def total(what: str, goal: Goal, unit: str, rounds: Each, field: str) -> Line:
    """The sum over all rounds: of errors, say, of which a median would hide some."""
    values = _values(rounds, field)
    return Line(what, goal, unit, Figure(sum(values), min(values), max(values)), tuple(values))


def _values(rounds: Each, field: str) -> list[float]:
    return [each[field] for each in rounds]


def middle(rounds: Each, field: str) -> float:
    """The median of one figure."""
    return median(_values(rounds, field))


def shown(lines: Iterable[Line]) -> str:
    """The table as Markdown."""
    rows = ["| what | goal | result | spread | met |", "|---|---|---|---|---|"]
    for line in lines:
        unit = "" if line.unit == "" else f" {line.unit}"
        spread = "" if len(line.rounds) < 2 else f"{number(line.figure.low)} to {number(line.figure.high)}"
        goal = line.goal.text(line.unit)
        rows.append(f"| {line.what} | {goal} | {number(line.figure.median)}{unit} | {spread} | {_met(line)} |")
    return "\n".join(rows)


def _met(line: Line) -> str:
    met = line.goal.is_met(line.figure.median)
    return "" if met is None else "yes" if met else "**no**"


def number(value: float) -> str:
    """Two digits or three, without an exponent for what occurs."""
    if abs(value) < 0.1:
        return f"{value:.2g}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 20 else f"{value:.2f}"


def columns(rows: Mapping[str, Mapping[str, str]], first: str) -> str:
    """A table with a row for each key; columns in the order in which they first appear."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    head = [f"| {first} | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    return "\n".join(
        head + [f"| {title} | " + " | ".join(row.get(name, "") for name in names) + " |" for title, row in rows.items()]
    )
