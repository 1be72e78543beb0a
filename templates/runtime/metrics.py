"""What `/metrics` shows: runs by workflow and status, how long they took, how many are going on, which nodes failed.

A run only adds to plain numbers here; the Prometheus text is made from them when somebody asks. The numbers are those
of one process: with several workers each answers for itself.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# Seconds; from a run without I/O to one that waits for a slow model.
_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class RunCounts:
    """The numbers of one workflow."""

    __slots__ = ("_buckets", "_seconds", "in_flight", "node_errors", "statuses")

    def __init__(self) -> None:
        self.in_flight = 0
        self.statuses: dict[str, int] = {}
        self.node_errors: dict[str, int] = {}
        self._buckets = [0] * (len(_BOUNDS) + 1)
        self._seconds = 0.0

    def finished(self, status: str, seconds: float) -> None:
        """Count a run. `status` is ok, failed, raised, timeout or cancelled."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self._buckets[bisect_left(_BOUNDS, seconds)] += 1
        self._seconds += seconds

    def refused(self, status: str) -> None:
        """Count a request that did not become a run: invalid, refused, timeout or cancelled."""
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def node_failed(self, node: str) -> None:
        """Count a node that ended its run."""
        self.node_errors[node] = self.node_errors.get(node, 0) + 1

    def histogram(self) -> tuple[list[tuple[str, float]], float]:
        """Rising counts by upper bound in seconds, and the sum of all seconds."""
        total = 0
        found = []
        for bound, count in zip((*map(str, _BOUNDS), "+Inf"), self._buckets, strict=True):
            total += count
            found.append((bound, float(total)))
        return found, self._seconds


class _RunCollector(Collector):
    """Makes Prometheus metrics out of the numbers."""

    def __init__(self, counts: Mapping[str, RunCounts]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        """The metrics of all workflows, in a fixed order."""
        runs = CounterMetricFamily("workflow_runs", "Runs by workflow and status", labels=("workflow", "status"))
        errors = CounterMetricFamily("workflow_node_errors", "Failed nodes", labels=("workflow", "node"))
        going = GaugeMetricFamily("workflow_runs_in_flight", "Runs that are going on", labels=("workflow",))
        took = HistogramMetricFamily("workflow_run_duration_seconds", "How long runs took", labels=("workflow",))
        for name, counts in sorted(self._counts.items()):
            for status, count in sorted(counts.statuses.items()):
                runs.add_metric((name, status), count)
            for node, count in sorted(counts.node_errors.items()):
                errors.add_metric((name, node), count)
            going.add_metric((name,), counts.in_flight)
            buckets, seconds = counts.histogram()
            took.add_metric((name,), buckets=buckets, sum_value=seconds)
        yield from (runs, errors, going, took)


class Metrics:
    """The numbers of all workflows of a service; `own` are those that the workflows count themselves."""

    def __init__(self, names: tuple[str, ...], own: CollectorRegistry | None = None) -> None:
        self._own = own
        self.counts = {name: RunCounts() for name in names}
        self._registry = CollectorRegistry()
        self._registry.register(_RunCollector(self.counts))
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    def text(self, others: Iterable[Collector] = ()) -> bytes:
        """The Prometheus text format, with what `others` count."""
        own = generate_latest(self._own) if self._own is not None else b""
        more = CollectorRegistry()
        for each in others:
            more.register(each)
        return generate_latest(self._registry) + generate_latest(more) + own
