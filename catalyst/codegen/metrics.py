"""`app/metrics.py`: the numbers that the workflows count, in a registry of their own.

Goes in: what the nodes said that they count. Comes out: the module. Nodes of one name share a metric; the linker has
checked that they mean the same.
"""

from __future__ import annotations

from collections.abc import Collection

from catalyst.codegen.module import Module, OwnMetric
from catalyst.pysource.names import constant_case

METRICS = "app.metrics"
PATH = "app/metrics.py"
REGISTRY = "REGISTRY"
_CLASSES = {"counter": "Counter", "gauge": "Gauge", "histogram": "Histogram"}


def metric_constant(name: str) -> str:
    """The constant of a metric; no metric can be called like the registry."""
    constant = constant_case(name)
    return f"{constant}_" if constant == REGISTRY else constant


def emit_metrics(metrics: Collection[OwnMetric]) -> Module:
    """The registry and the metrics in it; the longest description of several nodes stands for all."""
    module = Module("What the workflows count, for `/metrics`.")
    module.constants.append(f"{REGISTRY} = {module.use_package('prometheus_client', 'CollectorRegistry')}()")
    longest: dict[str, OwnMetric] = {}
    for each in sorted(metrics, key=lambda metric: (metric.name, len(metric.description), metric.description)):
        longest[each.name] = each
    lines = []
    for each in longest.values():
        make = module.use_package("prometheus_client", _CLASSES[each.kind])
        labels = f", {tuple(each.labels)!r}" if each.labels else ""
        description = each.description or f"{each.name.replace('_', ' ').capitalize()}."
        lines.append(
            f"{metric_constant(each.name)} = {make}({each.name!r}, {description!r}{labels}, registry={REGISTRY})"
        )
    module.constants.append("\n".join(lines))
    return module
