"""What the workflows count, for `/metrics`."""

from prometheus_client import CollectorRegistry, Counter

REGISTRY = CollectorRegistry()
ORDERS_SEEN = Counter("orders_seen", "Orders seen.", ("kind",), registry=REGISTRY)
