"""Sums up rounds: the middle one and how far they lie apart; and percentiles of single values."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """The median of some rounds, the lowest and the highest of them."""

    median: float
    low: float
    high: float

    @property
    def spread(self) -> float:
        """How far the rounds lie apart, as a part of the median; 0 for a single round."""
        return (self.high - self.low) / self.median if self.median else 0.0


def figure(rounds: Iterable[float]) -> Figure:
    """Sum up one value of each round. Raises ValueError when there is none."""
    values = sorted(rounds)
    if not values:
        raise ValueError("no rounds")
    return Figure(statistics.median(values), values[0], values[-1])


def ratio(one: Sequence[float], two: Sequence[float]) -> Figure:
    """One contender over another: of their medians, spread over the rounds that followed each other."""
    each = [first / second for first, second in zip(one, two, strict=True)]
    return Figure(statistics.median(one) / statistics.median(two), min(each), max(each))


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of all values do not exceed. Raises ValueError when there is none."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    position = max(0, -(-len(ordered) * percent // 100) - 1)
    return ordered[int(min(position, len(ordered) - 1))]
