"""Compares two results line by line and names what got slower.

Rounds differ by themselves, so a difference counts only when it is more than `SMALLEST` of the line and more than
what the rounds of both results let expect of medians: three times the error of their difference, which is worked out
from how far the rounds lie from their middle (by quartiles, which a few odd rounds do not move).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

from benchmarks.results import Result
from benchmarks.table import Line, number

SMALLEST = 0.05
SURE = 3.0
_SIGMA = 1.4826
"""Standard deviation over the median distance from the median, where errors are normal."""
_MEDIAN_ERROR = 1.2533
"""Error of a median over that of a mean."""


@dataclass(frozen=True, slots=True)
class Change:
    """One line in both results."""

    before: Line
    after: Line

    @property
    def worse_by(self) -> float:
        """How much worse it has become, as a part of what it was; below zero: better."""
        old, new = self.before.figure.median, self.after.figure.median
        if old == new:
            return 0.0
        change = (new - old) / abs(old) if old else float("inf") if new > 0 else float("-inf")
        return -change if self.before.goal.better == "more" else change

    @property
    def threshold(self) -> float:
        """How large a change has to be, as a part of what it was, before it says anything."""
        error = sqrt(_error(self.before.rounds) ** 2 + _error(self.after.rounds) ** 2)
        old = abs(self.before.figure.median)
        return max(SMALLEST, SURE * error / old if old else 0.0)

    @property
    def verdict(self) -> str:
        """`slower`, `faster` or `same`."""
        if abs(self.worse_by) <= self.threshold:
            return "same"
        return "slower" if self.worse_by > 0 else "faster"

    @property
    def misses_goal(self) -> bool:
        """Whether it met its goal before and does not now."""
        goal = self.after.goal
        return goal.is_met(self.before.figure.median) is True and goal.is_met(self.after.figure.median) is False


def _error(rounds: Sequence[float]) -> float:
    """Standard error of their median; 0 for a single round, of which nothing is known."""
    if len(rounds) < 2:
        return 0.0
    middle = median(rounds)
    sigma = _SIGMA * median(abs(each - middle) for each in rounds)
    return _MEDIAN_ERROR * sigma / sqrt(len(rounds))


@dataclass(frozen=True, slots=True)
class Comparison:
    """All lines that both results have and that can be compared."""

    changes: Sequence[Change]
    only: Mapping[str, Sequence[str]]
    """`before` and `after` -> lines that only this one has."""
    left_out: Sequence[str]
    """Lines in seconds, megabytes and the like, of results from different machines."""

    @property
    def slower(self) -> list[Change]:
        """What got slower."""
        return [change for change in self.changes if change.verdict == "slower"]


def compare(before: Result, after: Result) -> Comparison:
    """Line by line. On different machines only ratios are compared."""
    old, new = ({line.what: line for line in each.lines()} for each in (before, after))
    same_machine = _machine(before) == _machine(after)
    both = [what for what in old if what in new]
    comparable = [what for what in both if same_machine or old[what].is_ratio]
    return Comparison(
        [Change(old[what], new[what]) for what in comparable],
        {"before": [what for what in old if what not in new], "after": [what for what in new if what not in old]},
        [what for what in both if what not in comparable],
    )


def _machine(result: Result) -> tuple[object, ...]:
    machine = result.facts.get("machine", {})
    return machine.get("cpu"), machine.get("cores")


def shown(comparison: Comparison) -> str:
    """As a person reads it."""
    rows = ["| what | before | after | worse by | counts from | |", "|---|---|---|---|---|---|"]
    for change in comparison.changes:
        before, after, unit = change.before.figure.median, change.after.figure.median, change.after.unit
        verdict = (
            "" if change.verdict == "same" else f"**{change.verdict}**" if change.verdict == "slower" else "faster"
        )
        missed = ", misses its goal now" if change.misses_goal else ""
        rows.append(
            f"| {change.after.what} | {number(before)} {unit} | {number(after)} {unit} "
            f"| {change.worse_by:+.1%} | {change.threshold:.1%} | {verdict}{missed} |"
        )
    notes = [f"Only in the {which} result: {what}" for which, each in _named(comparison) for what in each]
    notes += [f"Not compared, since the machines differ: {what}" for what in comparison.left_out]
    slower = [f"- {change.after.what}" for change in comparison.slower]
    end = ["Slower:", *slower] if slower else ["Nothing got slower."]
    return "\n".join([*rows, "", *notes, *([""] if notes else []), *end])


def _named(comparison: Comparison) -> list[tuple[str, Sequence[str]]]:
    return [("first", comparison.only["before"]), ("second", comparison.only["after"])]
