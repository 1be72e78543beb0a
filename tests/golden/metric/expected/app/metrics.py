"""What the workflows count, for `/metrics`."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

ORDER_VALUE_EUROS = Histogram("order_value_euros", "Order value euros.", registry=REGISTRY)
ORDERS = Counter("orders", "Orders by country.", ("country", "tier"), registry=REGISTRY)
REFUNDS = Counter("refunds", "Refunds.", registry=REGISTRY)
REGISTRY_ = Gauge("registry", "Registry.", registry=REGISTRY)
