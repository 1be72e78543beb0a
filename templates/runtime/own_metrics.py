"""Metrics of the workflows' own: each call changes one series of a Prometheus metric.

A metric keeps a series for every combination of labels for as long as the process lives. So that values from outside
cannot fill the memory, combinations beyond the first thousand count as `other`.
"""

from math import isfinite
from typing import TypeVar

from prometheus_client import Counter, Gauge, Histogram

from .errors import FlowError

MAX_SERIES = 1_000
MAX_LABEL = 200
"""Characters."""
_OTHER = "other"

MetricT = TypeVar("MetricT", Counter, Gauge, Histogram)

_seen: dict[Counter | Gauge | Histogram, set[tuple[str, ...]]] = {}


def add(metric: Counter, amount: float, *labels: str) -> None:
    """Count `amount` more. Raises FlowError for a negative or endless number."""
    if amount < 0:
        raise FlowError("a counter never goes down", kind="invalid_value")
    _series(metric, labels).inc(_finite(amount))


def put(metric: Gauge, value: float, *labels: str) -> None:
    """Set the gauge. Raises FlowError for an endless number."""
    _series(metric, labels).set(_finite(value))


def observe(metric: Histogram, value: float, *labels: str) -> None:
    """Add a value to the histogram. Raises FlowError for an endless number."""
    _series(metric, labels).observe(_finite(value))


def _series(metric: MetricT, labels: tuple[str, ...]) -> MetricT:
    """The metric's series for these labels."""
    if not labels:
        return metric
    known = _seen.setdefault(metric, set())
    wanted = tuple(label[:MAX_LABEL] for label in labels)
    if wanted not in known:
        if len(known) >= MAX_SERIES:
            wanted = (_OTHER,) * len(labels)
        known.add(wanted)
    return metric.labels(*wanted)


def _finite(value: float) -> float:
    if not isfinite(value):
        raise FlowError("a metric takes no endless number", kind="invalid_value")
    return value
