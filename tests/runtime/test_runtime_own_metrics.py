"""Metrics of the workflows' own: values, bounds, and what `/metrics` shows."""

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from templates.runtime.errors import FlowError
from templates.runtime.metrics import Metrics
from templates.runtime.own_metrics import MAX_LABEL, MAX_SERIES, add, observe, put


def test_each_kind_keeps_its_value() -> None:
    registry = CollectorRegistry()
    add(Counter("orders", "Orders.", ("country",), registry=registry), 2, "es")
    put(Gauge("open", "Open.", registry=registry), -1.5)
    observe(Histogram("size", "Size.", registry=registry), 0.2)
    shown = Metrics(("flow",), registry).text().decode()
    assert 'orders_total{country="es"} 2.0' in shown
    assert "open -1.5" in shown
    assert "size_count 1.0" in shown
    assert "workflow_runs_in_flight" in shown


def test_values_from_outside_cannot_fill_the_memory() -> None:
    registry = CollectorRegistry()
    counter = Counter("orders", "Orders.", ("who",), registry=registry)
    for number in range(MAX_SERIES + 500):
        add(counter, 1, f"{number}" * 1)
    add(counter, 1, "x" * 10_000)
    add(counter, 1, "7")
    shown = generate_latest(registry).decode()
    series = [line for line in shown.splitlines() if line.startswith("orders_total{")]
    assert len(series) == MAX_SERIES + 1
    assert 'orders_total{who="other"} 501.0' in series
    assert 'orders_total{who="7"} 2.0' in series
    assert max(map(len, series)) < MAX_LABEL


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_what_is_no_count_is_an_error(value: float) -> None:
    counter = Counter("orders", "Orders.", registry=CollectorRegistry())
    with pytest.raises(FlowError):
        add(counter, value)
    assert counter._value.get() == 0
